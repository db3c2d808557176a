using System.Text;

namespace Sparrow.Server.Jobs;

/// <summary>
/// Text for calibration and evaluation where a caller gives none: plain English of many kinds of sentence, put together by a seeded generator, so
/// that every build has the same bytes and none of it belongs to anybody.
/// </summary>
internal static class BuiltInText
{
    private const int CalibrationCharacters = 320_000;
    private const int EvaluationCharacters = 160_000;

    private static readonly string[] s_people = ["the engineer", "my neighbour", "a young teacher", "the captain", "Maria", "an old farmer", "the judge", "Doctor Hale", "the committee", "her brother", "the baker", "a tired traveller", "Thomas", "the librarian", "our guide", "the mayor"];
    private static readonly string[] s_things = ["the bridge", "a letter", "the old machine", "the river", "an empty house", "the map", "a small garden", "the report", "the last train", "a broken clock", "the harbour", "the theory", "a basket of apples", "the mountain road", "the evening paper", "a careful plan", "the experiment", "the winter harvest"];
    private static readonly string[] s_verbs = ["repaired", "described", "measured", "forgot", "crossed", "painted", "sold", "remembered", "examined", "carried", "followed", "defended", "lost", "found", "explained", "built", "visited", "watched"];
    private static readonly string[] s_places = ["near the market", "in the northern valley", "at the edge of town", "behind the station", "on the second floor", "across the bay", "under the bridge", "in a quiet street", "beyond the hills", "beside the school"];
    private static readonly string[] s_times = ["In the morning", "Two years later", "Before the war", "On Sunday", "After the rain", "Late in autumn", "By the end of the week", "At noon", "That night", "In 1847", "During the summer", "Soon afterwards"];
    private static readonly string[] s_adjectives = ["bright", "heavy", "uncertain", "narrow", "famous", "careful", "ancient", "warm", "dangerous", "simple", "silent", "expensive", "green", "distant"];
    private static readonly string[] s_reasons = ["because the water had risen", "although nobody believed it", "since the price had fallen", "while the others slept", "so that the children could see it", "unless the weather changed", "as the law required", "in spite of every warning", "for the first time in years", "without saying a word"];
    private static readonly string[] s_subjects = ["Energy", "The economy", "A cell", "The atmosphere", "Language", "Light", "A contract", "The nervous system", "Iron", "Music", "An algorithm", "The moon", "Trade", "Memory"];
    private static readonly string[] s_facts = ["is conserved when no work is done on the system", "depends on the temperature of its surroundings", "was studied for centuries before it was understood", "consists of many parts that act together", "changes slowly, and then all at once", "can be described by a small number of rules", "moves in waves through the material", "differs from one country to the next", "grows faster when it is divided", "has no meaning without a context"];

    /// <summary>What steps look at.</summary>
    public static string Calibration() => Write(20250601, CalibrationCharacters);

    /// <summary>What perplexity is measured on: other sentences of the same kinds.</summary>
    public static string Evaluation() => Write(97, EvaluationCharacters);

    private static string Write(ulong seed, int characters)
    {
        StringBuilder text = new(characters + 1024);
        Draw draw = new(seed);
        while (text.Length < characters)
        {
            switch (draw.Next(8))
            {
                case 0:
                    WriteDialogue(text, draw);
                    break;
                case 1:
                    WriteArithmetic(text, draw);
                    break;
                case 2:
                    WriteCode(text, draw);
                    break;
                case 3:
                    WriteList(text, draw);
                    break;
                default:
                    WriteParagraph(text, draw);
                    break;
            }

            text.Append("\n\n");
        }

        return text.ToString();
    }

    private static void WriteParagraph(StringBuilder text, Draw draw)
    {
        for (int sentence = 3 + draw.Next(5); sentence > 0; sentence--)
        {
            text.Append(Sentence(draw)).Append(sentence > 1 ? " " : "");
        }
    }

    private static string Sentence(Draw draw) => draw.Next(7) switch
    {
        0 => $"{draw.Of(s_times)} {draw.Of(s_people)} {draw.Of(s_verbs)} {draw.Of(s_things)} {draw.Of(s_places)}.",
        1 => $"{Capital(draw.Of(s_people))} {draw.Of(s_verbs)} {draw.Of(s_things)} {draw.Of(s_reasons)}.",
        2 => $"{draw.Of(s_subjects)} {draw.Of(s_facts)}.",
        3 => $"There was something {draw.Of(s_adjectives)} about {draw.Of(s_things)}, and {draw.Of(s_people)} {draw.Of(s_verbs)} it {draw.Of(s_reasons)}.",
        4 => $"{draw.Of(s_times)}, {draw.Of(s_things)} {draw.Of(s_places)} seemed {draw.Of(s_adjectives)} and {draw.Of(s_adjectives)}.",
        5 => $"If {draw.Of(s_people)} had {draw.Of(s_verbs)} {draw.Of(s_things)}, {draw.Of(s_people)} would have known.",
        _ => $"{Capital(draw.Of(s_things))}, which {draw.Of(s_people)} {draw.Of(s_verbs)} {draw.Of(s_places)}, was {draw.Of(s_adjectives)}; it {draw.Of(s_facts)}.",
    };

    private static void WriteDialogue(StringBuilder text, Draw draw)
    {
        for (int turn = 2 + draw.Next(3); turn > 0; turn--)
        {
            text.Append("\"Who ").Append(draw.Of(s_verbs)).Append(' ').Append(draw.Of(s_things)).Append("?\" asked ").Append(draw.Of(s_people)).Append(".\n");
            text.Append('"').Append(Sentence(draw)[..^1]).Append(",\" said ").Append(draw.Of(s_people)).Append(turn > 1 ? ".\n" : ".");
        }
    }

    private static void WriteArithmetic(StringBuilder text, Draw draw)
    {
        int price = 2 + draw.Next(40);
        int count = 2 + draw.Next(30);
        text.Append($"Question: {Capital(draw.Of(s_people))} buys {count} boxes at {price} coins each. How much is that?\n");
        text.Append($"Answer: {count} × {price} = {count * price}, so the boxes cost {count * price} coins.");
    }

    private static void WriteCode(StringBuilder text, Draw draw)
    {
        string name = draw.Of(s_adjectives) + "_" + draw.Of(s_adjectives);
        int limit = 1 + draw.Next(100);
        text.Append($"def {name}(values):\n    total = 0\n    for value in values:\n        if value > {limit}:\n            total += value\n    return total");
    }

    private static void WriteList(StringBuilder text, Draw draw)
    {
        text.Append(draw.Of(s_subjects)).Append(" in brief:\n");
        for (int item = 1; item <= 3 + draw.Next(3); item++)
        {
            text.Append($"{item}. It {draw.Of(s_facts)}.\n");
        }

        text.Append($"Most people call it {draw.Of(s_adjectives)}.");
    }

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];

    /// <summary>xorshift64*: the framework promises no sequence over its versions.</summary>
    private sealed class Draw(ulong seed)
    {
        private ulong _state = seed;

        public int Next(int count)
        {
            _state ^= _state >> 12;
            _state ^= _state << 25;
            _state ^= _state >> 27;
            return (int)((_state * 0x2545F4914F6CDD1DUL >> 33) % (ulong)count);
        }

        public string Of(string[] words) => words[Next(words.Length)];
    }
}
