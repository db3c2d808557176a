namespace Sparrow.Runtime.Loading;

/// <summary>Families that call llama's tensors otherwise: their names and the canonical ones.</summary>
internal static class HuggingFaceNames
{
    private static readonly (string Stored, string Canonical)[] s_none = [];

    private static readonly (string Stored, string Canonical)[] s_mixtral =
    [
        (".block_sparse_moe.", ".mlp."),
        (".w1.", ".gate_proj."),
        (".w2.", ".down_proj."),
        (".w3.", ".up_proj."),
    ];

    /// <summary>The canonical name; a name that the table does not touch stays what it is.</summary>
    public static string ToCanonical(string family, string name)
    {
        foreach ((string stored, string canonical) in Table(family))
        {
            name = name.Replace(stored, canonical, StringComparison.Ordinal);
        }

        return name;
    }

    /// <summary>What a file of the family calls a tensor, for messages.</summary>
    public static string ToStored(string family, string name)
    {
        foreach ((string stored, string canonical) in Table(family).Reverse())
        {
            name = name.Replace(canonical, stored, StringComparison.Ordinal);
        }

        return name;
    }

    private static (string Stored, string Canonical)[] Table(string family) => family switch
    {
        "mixtral" => s_mixtral,
        _ => s_none,
    };
}
