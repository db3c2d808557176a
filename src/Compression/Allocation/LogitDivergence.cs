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

    private static double Divergence(ReadOnlySpan<float> teacher, ReadOnlySpan<float> student)
    {
        double teacherTotal = LogSumExp(teacher);
        double studentTotal = LogSumExp(student);
        double sum = 0;
        for (int token = 0; token < teacher.Length; token++)
        {
            double logTeacher = teacher[token] - teacherTotal;
            sum += Math.Exp(logTeacher) * (logTeacher - (student[token] - studentTotal));
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

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - highest);
        }

        return highest + Math.Log(sum);
    }
}
