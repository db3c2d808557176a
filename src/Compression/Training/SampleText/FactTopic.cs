namespace Sparrow.Compression.Training.SampleText;

/// <summary>Capitals, animals, opposites, and what comes after what.</summary>
internal sealed class FactTopic(Picker picker)
{
    private static readonly (string Country, string Capital)[] s_capitals =
    [
        ("France", "Paris"), ("Germany", "Berlin"), ("Spain", "Madrid"), ("Italy", "Rome"), ("Japan", "Tokyo"), ("Egypt", "Cairo"), ("Greece", "Athens"),
        ("Norway", "Oslo"), ("Austria", "Vienna"), ("Poland", "Warsaw"), ("Portugal", "Lisbon"), ("Ireland", "Dublin"), ("Peru", "Lima"), ("Cuba", "Havana"),
        ("Kenya", "Nairobi"), ("India", "New Delhi"), ("China", "Beijing"), ("Russia", "Moscow"), ("Hungary", "Budapest"), ("Finland", "Helsinki"),
    ];

    private static readonly (string Animal, string Sound, string Home, string Legs)[] s_animals =
    [
        ("dog", "barks", "a kennel", "four"), ("cat", "meows", "a house", "four"), ("cow", "moos", "a barn", "four"), ("duck", "quacks", "a pond", "two"),
        ("horse", "neighs", "a stable", "four"), ("bee", "buzzes", "a hive", "six"), ("owl", "hoots", "a tree", "two"), ("lion", "roars", "the savanna", "four"),
        ("sheep", "bleats", "a meadow", "four"), ("sparrow", "chirps", "a nest", "two"), ("frog", "croaks", "a pond", "four"), ("pig", "grunts", "a sty", "four"),
        ("ant", "makes no sound", "an anthill", "six"), ("spider", "makes no sound", "a web", "eight"),
    ];

    private static readonly (string Left, string Right)[] s_opposites =
    [
        ("hot", "cold"), ("big", "small"), ("fast", "slow"), ("day", "night"), ("up", "down"), ("old", "new"), ("happy", "sad"), ("wet", "dry"),
        ("open", "closed"), ("light", "dark"), ("hard", "soft"), ("full", "empty"), ("loud", "quiet"), ("rich", "poor"), ("long", "short"), ("high", "low"),
    ];

    private static readonly string[] s_days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    private static readonly string[] s_months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>A few statements.</summary>
    public SampleDocument Prose() => new(string.Join(' ', Enumerable.Range(0, 2 + picker.Below(4)).Select(_ => Statement())), []);

    public (string Question, string Answer) Question()
    {
        (string country, string capital) = picker.Of(s_capitals);
        (string animal, string sound, string home, string legs) = picker.Of(s_animals);
        (string left, string right) = Opposite();
        return picker.Below(9) switch
        {
            < 2 => (picker.Of($"What is the capital of {country}?", $"Which city is the capital of {country}?", $"Tell me the capital of {country}."), $"The capital of {country} is {capital}."),
            2 => (picker.Of($"{capital} is the capital of which country?", $"Where is {capital}?"), $"{capital} is the capital of {country}."),
            3 => (picker.Of($"What sound does {A(animal)} make?", $"What does {A(animal)} do to make a sound?"), $"{Capital(A(animal))} {sound}."),
            4 => (picker.Of($"Where does {A(animal)} live?", $"What is the home of {A(animal)}?"), $"{Capital(A(animal))} lives in {home}."),
            5 => (picker.Of($"How many legs does {A(animal)} have?", $"How many legs has {A(animal)}?"), $"{Capital(A(animal))} has {legs} legs."),
            6 => (picker.Of($"What is the opposite of {left}?", $"Tell me the opposite of {left}."), $"The opposite of {left} is {right}."),
            7 => After(s_days, "day"),
            _ => After(s_months, "month"),
        };
    }

    private string Statement()
    {
        (string country, string capital) = picker.Of(s_capitals);
        (string animal, string sound, string home, string legs) = picker.Of(s_animals);
        (string left, string right) = Opposite();
        int day = picker.Below(s_days.Length);
        return picker.Below(6) switch
        {
            0 => picker.Of($"The capital of {country} is {capital}.", $"{capital} is the capital of {country}."),
            1 => $"{Capital(A(animal))} {sound}.",
            2 => $"{Capital(A(animal))} lives in {home}.",
            3 => $"{Capital(A(animal))} has {legs} legs.",
            4 => $"The opposite of {left} is {right}.",
            _ => $"{s_days[(day + 1) % s_days.Length]} comes after {s_days[day]}.",
        };
    }

    private (string Left, string Right) Opposite()
    {
        (string left, string right) = picker.Of(s_opposites);
        return picker.Below(2) == 0 ? (left, right) : (right, left);
    }

    private (string Question, string Answer) After(string[] names, string kind)
    {
        int index = picker.Below(names.Length);
        string next = names[(index + 1) % names.Length];
        return picker.Below(2) == 0
            ? ($"Which {kind} comes after {names[index]}?", $"{next} comes after {names[index]}.")
            : ($"Which {kind} comes before {next}?", $"{names[index]} comes before {next}.");
    }

    private static string A(string noun) => ("aeiou".Contains(noun[0]) ? "an " : "a ") + noun;

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
