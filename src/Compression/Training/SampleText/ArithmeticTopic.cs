namespace Sparrow.Compression.Training.SampleText;

/// <summary>Sums, differences and products of small numbers, and which of two is larger.</summary>
internal sealed class ArithmeticTopic(Picker picker)
{
    public SampleDocument Prose() => new(string.Join(' ', Enumerable.Range(0, 3 + picker.Below(5)).Select(_ => Statement())), []);

    public (string Question, string Answer) Question()
    {
        (int a, int b, string sign, int result) = Draw();
        if (picker.Below(6) == 0)
        {
            int other = picker.Other([.. Enumerable.Range(0, 21)], a);
            return ($"Which is larger, {a} or {other}?", $"{Math.Max(a, other)} is larger than {Math.Min(a, other)}.");
        }

        string question = picker.Of($"What is {a} {sign} {b}?", $"How much is {a} {sign} {b}?", $"{a} {sign} {b} = ?");
        return (question, $"{a} {sign} {b} is {result}.");
    }

    private string Statement()
    {
        (int a, int b, string sign, int result) = Draw();
        return picker.Of($"{a} {sign} {b} is {result}.", $"{a} {sign} {b} = {result}.");
    }

    private (int A, int B, string Sign, int Result) Draw()
    {
        int a = picker.Below(11);
        int b = picker.Below(11);
        return picker.Below(5) switch
        {
            < 2 => (a, b, "+", a + b),
            < 4 => (a + b, b, "-", a),
            _ => (a % 6, b % 6, "times", a % 6 * (b % 6)),
        };
    }
}
