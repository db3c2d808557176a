using System.Runtime.Intrinsics;

namespace Sparrow.Compression.Allocation;

/// <summary>How far a student's next-token distributions are from the teacher's, from logits [positions, vocabulary], in nats.</summary>
public static class LogitDivergence
{
    /// <summary>Σ_v p_v·(log p_v − log q_v) at each position.</summary>
    public static double[] KullbackLeibler(ReadOnlySpan<float> teacher, ReadOnlySpan<float> student, int vocabulary)
    {
        double[] result = new double[teacher.Length / vocabulary];
        for (int position = 0; position < result.Length; position++)
        {
            result[position] = Divergence(
                teacher.Slice(position * vocabulary, vocabulary), student.Slice(position * vocabulary, vocabulary));
        }

        return result;
    }

    /// <summary>The same over the teacher's most likely tokens only; both distributions are normalised over them.</summary>
    public static double[] KullbackLeiblerOfTop(ReadOnlySpan<float> teacher, ReadOnlySpan<float> student, int vocabulary, int count)
    {
        double[] result = new double[teacher.Length / vocabulary];
        int[] order = new int[vocabulary];
        float[] keys = new float[vocabulary];
        float[] left = new float[Math.Min(count, vocabulary)];
        float[] right = new float[left.Length];
        for (int position = 0; position < result.Length; position++)
        {
            ReadOnlySpan<float> line = teacher.Slice(position * vocabulary, vocabulary);
            for (int token = 0; token < vocabulary; token++)
            {
                (order[token], keys[token]) = (token, -line[token]);
            }

            Array.Sort(keys, order);
            for (int i = 0; i < left.Length; i++)
            {
                left[i] = line[order[i]];
                right[i] = student[(position * vocabulary) + order[i]];
            }

            result[position] = Divergence(left, right);
        }

        return result;
    }

    // Everything in double: divergences of a ten-thousandth of a nat are differences of sums that are nearly equal.
    private static double Divergence(ReadOnlySpan<float> teacher, ReadOnlySpan<float> student)
    {
        double teacherTotal = LogSumExp(teacher);
        double studentTotal = LogSumExp(student);
        Vector512<double> totals = Vector512.Create(teacherTotal);
        Vector512<double> difference = Vector512.Create(studentTotal - teacherTotal);
        Vector512<double> sums = Vector512<double>.Zero;
        int token = 0;
        for (; token <= teacher.Length - Vector256<float>.Count; token += Vector256<float>.Count)
        {
            Vector512<double> left = Widen(teacher, token);
            Vector512<double> right = Widen(student, token);
            sums += Vector512.Exp(left - totals) * (left - right + difference);
        }

        double sum = Vector512.Sum(sums);
        for (; token < teacher.Length; token++)
        {
            sum += Math.Exp(teacher[token] - teacherTotal) * ((double)teacher[token] - student[token] + studentTotal - teacherTotal);
        }

        return sum;
    }

    private static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double highest = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            highest = Math.Max(highest, logit);
        }

        Vector512<double> highests = Vector512.Create(highest);
        Vector512<double> sums = Vector512<double>.Zero;
        int token = 0;
        for (; token <= logits.Length - Vector256<float>.Count; token += Vector256<float>.Count)
        {
            sums += Vector512.Exp(Widen(logits, token) - highests);
        }

        double sum = Vector512.Sum(sums);
        for (; token < logits.Length; token++)
        {
            sum += Math.Exp(logits[token] - highest);
        }

        return highest + Math.Log(sum);
    }

    private static Vector512<double> Widen(ReadOnlySpan<float> logits, int first)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Create(logits.Slice(first, Vector256<float>.Count)));
        return Vector512.Create(lower, upper);
    }
}
