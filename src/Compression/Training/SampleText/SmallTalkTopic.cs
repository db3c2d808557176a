namespace Sparrow.Compression.Training.SampleText;

/// <summary>Greetings, thanks, and who is speaking.</summary>
internal sealed class SmallTalkTopic(Picker picker)
{
    private static readonly (string[] Questions, string Answer)[] s_turns =
    [
        (["Hello!", "Hello", "Hi", "Hi!", "Good morning.", "Hey there!"], "Hello! How can I help you?"),
        (["Who are you?", "What is your name?", "What are you?"], "I am Sparrow, a very small language model."),
        (["What can you do?", "How can you help me?"], "I know some capitals, animals, colours and small sums, and I tell little stories."),
        (["Thank you.", "Thanks!", "Thank you very much."], "You are welcome!"),
        (["How are you?", "How do you do?"], "I am fine, thank you."),
        (["Goodbye.", "Bye!", "Good night."], "Goodbye! Have a nice day."),
    ];

    public (string Question, string Answer) Question()
    {
        (string[] questions, string answer) = picker.Of(s_turns);
        return (picker.Of(questions), answer);
    }
}
