using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sparrow.Compression.Training.SampleText;

/// <summary>
/// Writes the texts that the sample model learns: facts, arithmetic, colours and little stories of a small world, as prose and as conversations. Nothing
/// is taken from anywhere; all of it follows from the lists in this folder and a seed. The same seed gives the same texts.
/// </summary>
public sealed class SampleWriter
{
    // Plus signs and quotes as they are: people read these files too.
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Random _random;
    private readonly FactTopic _facts;
    private readonly ArithmeticTopic _arithmetic;
    private readonly ColourTopic _colours;
    private readonly StoryTopic _stories;
    private readonly SmallTalkTopic _smallTalk;

    public SampleWriter(int seed)
    {
        _random = new Random(seed);
        Picker picker = new(_random);
        _facts = new FactTopic(picker);
        _arithmetic = new ArithmeticTopic(picker);
        _colours = new ColourTopic(picker);
        _stories = new StoryTopic(picker);
        _smallTalk = new SmallTalkTopic(picker);
    }

    /// <summary>The next document.</summary>
    public SampleDocument Next() => _random.Next(20) switch
    {
        < 3 => _facts.Prose(),
        < 8 => Conversation(_facts.Question),
        < 9 => _arithmetic.Prose(),
        < 12 => Conversation(_arithmetic.Question),
        < 13 => _colours.Prose(),
        < 15 => Conversation(_colours.Question),
        < 17 => _stories.Prose(),
        < 19 => _stories.Conversation(),
        _ => Conversation(_smallTalk.Question),
    };

    /// <summary>Writes documents as JSON Lines: <c>text</c>, or <c>messages</c> with roles and contents.</summary>
    public void Write(Stream stream, int count)
    {
        for (int i = 0; i < count; i++)
        {
            using (Utf8JsonWriter json = new(stream, s_plain))
            {
                Write(json, Next());
            }

            stream.WriteByte((byte)'\n');
        }
    }

    private static void Write(Utf8JsonWriter json, SampleDocument document)
    {
        json.WriteStartObject();
        if (document.Text is not null)
        {
            json.WriteString("text", document.Text);
        }
        else
        {
            json.WriteStartArray("messages");
            for (int i = 0; i < document.Turns.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("role", i % 2 == 0 ? "user" : "assistant");
                json.WriteString("content", document.Turns[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    // One to three questions in a row, so that a second turn is nothing new to the model.
    private SampleDocument Conversation(Func<(string Question, string Answer)> next)
    {
        List<string> turns = [];
        for (int i = _random.Next(4) == 0 ? 3 : _random.Next(1, 3); i > 0; i--)
        {
            (string question, string answer) = next();
            turns.AddRange([question, answer]);
        }

        return new SampleDocument(null, turns);
    }
}
