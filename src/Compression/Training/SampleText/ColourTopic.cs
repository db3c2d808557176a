namespace Sparrow.Compression.Training.SampleText;

/// <summary>What colour things have, and what comes of mixing.</summary>
internal sealed class ColourTopic(Picker picker)
{
    private static readonly (string Thing, string Colour)[] s_things =
    [
        ("the sky", "blue"), ("grass", "green"), ("snow", "white"), ("the sun", "yellow"), ("a tomato", "red"), ("a carrot", "orange"), ("coal", "black"),
        ("a banana", "yellow"), ("a leaf", "green"), ("a cherry", "red"), ("chocolate", "brown"), ("milk", "white"), ("the sea", "blue"), ("a plum", "purple"),
        ("a frog", "green"), ("an elephant", "grey"), ("a flamingo", "pink"), ("a fire engine", "red"), ("a lemon", "yellow"), ("the night", "black"),
    ];

    private static readonly (string Left, string Right, string Result)[] s_mixtures =
    [
        ("blue", "yellow", "green"), ("red", "yellow", "orange"), ("red", "blue", "purple"), ("red", "white", "pink"), ("black", "white", "grey"),
    ];

    public SampleDocument Prose() => new(string.Join(' ', Enumerable.Range(0, 2 + picker.Below(4)).Select(_ => Statement())), []);

    public (string Question, string Answer) Question()
    {
        (string thing, string colour) = picker.Of(s_things);
        (string left, string right, string result) = Mixture();
        return picker.Below(4) switch
        {
            0 => (picker.Of($"What do {left} and {right} make?", $"What do I get when I mix {left} and {right}?"), $"{Capital(left)} and {right} make {result}."),
            _ => (picker.Of($"What colour is {thing}?", $"Which colour has {thing}?", $"Tell me the colour of {thing}."), $"{Capital(thing)} is {colour}."),
        };
    }

    private string Statement()
    {
        (string thing, string colour) = picker.Of(s_things);
        (string left, string right, string result) = Mixture();
        return picker.Below(3) == 0 ? $"{Capital(left)} and {right} make {result}." : $"{Capital(thing)} is {colour}.";
    }

    private (string Left, string Right, string Result) Mixture()
    {
        (string left, string right, string result) = picker.Of(s_mixtures);
        return picker.Below(2) == 0 ? (left, right, result) : (right, left, result);
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
