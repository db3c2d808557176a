namespace Sparrow.Compression.Training.SampleText;

/// <summary>Little stories in which somebody goes somewhere, finds something and gives it to somebody; and questions about them.</summary>
internal sealed class StoryTopic(Picker picker)
{
    private static readonly (string Name, string He)[] s_people =
        [("Mia", "she"), ("Tom", "he"), ("Anna", "she"), ("Ben", "he"), ("Lena", "she"), ("Max", "he"), ("Sara", "she"), ("Paul", "he"), ("Nora", "she"), ("Jack", "he")];

    private static readonly string[] s_places = ["the forest", "the beach", "the park", "the market", "the garden", "the river", "the school", "the hill"];

    private static readonly string[] s_things = ["ball", "book", "key", "shell", "hat", "cup", "flower", "kite", "stone", "box"];

    private static readonly string[] s_colours = ["red", "blue", "green", "yellow", "white", "black"];

    private static readonly string[] s_days = ["One sunny day", "One rainy day", "One morning", "One evening", "Once upon a time"];

    public SampleDocument Prose() => new(Draw().Text, []);

    /// <summary>A story that is asked for, or one that is told and asked about.</summary>
    public SampleDocument Conversation()
    {
        Story story = Draw();
        if (picker.Below(2) == 0)
        {
            string wish = picker.Of("Tell me a story.", "Tell me a little story.", $"Tell me a story about {story.Name}.", $"Tell me a story about a {story.Thing}.");
            return new SampleDocument(null, [wish, story.Text]);
        }

        (string question, string answer) = picker.Below(4) switch
        {
            0 => ($"Where did {story.Name} go?", $"{story.Name} went to {story.Place}."),
            1 => ($"What did {story.Name} find?", $"{story.Name} found a {story.Colour} {story.Thing}."),
            2 => ($"Who has the {story.Thing} now?", $"{story.Friend} has the {story.Thing} now."),
            _ => ($"What colour was the {story.Thing}?", $"The {story.Thing} was {story.Colour}."),
        };
        return new SampleDocument(null, [$"{story.Text} {question}", answer]);
    }

    private Story Draw()
    {
        (string name, string he) = picker.Of(s_people);
        string friend = picker.Other([.. s_people.Select(person => person.Name)], name);
        string place = picker.Of(s_places);
        string thing = picker.Of(s_things);
        string colour = picker.Of(s_colours);
        string she = char.ToUpperInvariant(he[0]) + he[1..];
        string text = string.Join(
            ' ',
            $"{picker.Of(s_days)}, {name} went to {place}.",
            $"There {he} found a {colour} {thing}.",
            $"{she} took the {thing} and met {friend}.",
            picker.Of($"{name} gave the {thing} to {friend}.", $"{friend} wanted the {thing}, so {name} gave it to {friend}."),
            picker.Of($"{friend} was very happy.", $"{friend} said thank you.", $"{friend} smiled and said thank you."),
            picker.Of($"Then {name} went home.", "Then they went home.", $"Then {name} and {friend} played together."));
        return new Story(text, name, friend, place, thing, colour);
    }

    private sealed record Story(string Text, string Name, string Friend, string Place, string Thing, string Colour);
}
