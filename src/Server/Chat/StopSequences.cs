namespace Sparrow.Server.Chat;

/// <summary>
/// The stop strings of a request as one automaton (Aho and Corasick, 1975). Its state after a text says how many of the text's last characters
/// could still be the beginning of a stop string, which is what has to be withheld (T-8). The result depends on the text alone, not on how it
/// arrives in pieces: the first position where any stop string ends decides, and there the longest of them.
/// </summary>
internal sealed class StopSequences
{
    private readonly Dictionary<(int State, char Character), int> _next = [];
    private readonly List<int> _depth = [0];
    private readonly List<int> _fallback = [0];
    private readonly List<string?> _match = [null];

    /// <param name="strings">Each at least one character long.</param>
    public StopSequences(IReadOnlyList<string> strings)
    {
        foreach (string text in strings)
        {
            Add(text);
        }

        LinkFallbacks();
    }

    public bool IsEmpty => _depth.Count == 1;

    /// <summary>State at the start of a text.</summary>
    public const int Start = 0;

    /// <summary>The state after one more character.</summary>
    public int Advance(int state, char character)
    {
        while (true)
        {
            if (_next.TryGetValue((state, character), out int next))
            {
                return next;
            }

            if (state == Start)
            {
                return Start;
            }

            state = _fallback[state];
        }
    }

    /// <summary>How many of the last characters could still begin a stop string.</summary>
    public int Depth(int state) => _depth[state];

    /// <summary>The longest stop string that ends here, or null.</summary>
    public string? Match(int state) => _match[state];

    private void Add(string text)
    {
        int state = Start;
        foreach (char character in text)
        {
            if (!_next.TryGetValue((state, character), out int next))
            {
                next = _depth.Count;
                _next.Add((state, character), next);
                _depth.Add(_depth[state] + 1);
                _fallback.Add(Start);
                _match.Add(null);
            }

            state = next;
        }

        _match[state] = text;
    }

    // A state's fallback is the state of its longest proper suffix. States further from the start need those nearer to it, so they go in order of depth.
    private void LinkFallbacks()
    {
        foreach (((int state, char character), int next) in _next.OrderBy(edge => _depth[edge.Value]))
        {
            _fallback[next] = state == Start ? Start : Advance(_fallback[state], character);
            _match[next] ??= _match[_fallback[next]];
        }
    }
}
