using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sparrow.Runtime.Loading.Peft;

/// <summary>What a folder's adapter_config.json says about the factors beside it.</summary>
internal sealed class PeftSettings
{
    public const string FileName = "adapter_config.json";

    // Of settings that change what an adapter computes, those that are not followed; each may be there as long as it is off.
    private static readonly string[] s_unfollowed = ["use_dora", "lora_bias", "alora_invocation_tokens"];

    private readonly int _rank;
    private readonly float _alpha;
    private readonly bool _usesRootOfRank;
    private readonly IReadOnlyList<(Regex Module, float Value)> _ranks;
    private readonly IReadOnlyList<(Regex Module, float Value)> _alphas;

    private PeftSettings(string file)
    {
        File = file;
        JsonElement json = CheckpointJson.ReadObject(file);
        ConfigSection config = new(file, json);
        if (config.FindString("peft_type") is not "LORA" and var type)
        {
            throw new CheckpointException(file, "only LoRA adapters are read", field: "peft_type", expected: "LORA", found: type ?? "nothing");
        }

        bool isTransposed = config.FindBool("fan_in_fan_out") ?? false;
        if (isTransposed || config.FindString("bias") is not (null or "none"))
        {
            throw new CheckpointException(file, "transposed weights and biases of an adapter are not read", field: isTransposed ? "fan_in_fan_out" : "bias");
        }

        foreach (string member in s_unfollowed)
        {
            if (json.TryGetProperty(member, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
            {
                throw config.Unsupported(member, "nothing or false", value.GetRawText());
            }
        }

        // PEFT leaves out what has its default: both are 8.
        _rank = config.FindInteger("r", 1) ?? 8;
        _alpha = config.FindFloat("lora_alpha", float.MinValue, float.MaxValue) ?? 8;
        _usesRootOfRank = config.FindBool("use_rslora") ?? false;
        _ranks = ReadPattern(json, "rank_pattern");
        _alphas = ReadPattern(json, "alpha_pattern");
        IsMasked = config.FindBool("sparrow_masked") ?? false;
    }

    public string File { get; }

    /// <summary>Ours: the product counts only where the base weights are not pruned.</summary>
    public bool IsMasked { get; }

    /// <exception cref="CheckpointException">They cannot be read, or ask for what is not followed.</exception>
    public static PeftSettings Read(string folder) => new(Path.Combine(folder, FileName));

    public int RankOf(string module) => (int)(Find(_ranks, module) ?? _rank);

    /// <summary>α/r, or α/√r.</summary>
    public float ScaleOf(string module, int rank) =>
        (float)((double)(Find(_alphas, module) ?? _alpha) / (_usesRootOfRank ? Math.Sqrt(rank) : rank));

    private static float? Find(IReadOnlyList<(Regex Module, float Value)> pattern, string module)
    {
        foreach ((Regex expression, float value) in pattern)
        {
            if (expression.IsMatch(module))
            {
                return value;
            }
        }

        return null;
    }

    // PEFT holds a key, which may be an expression, to the end of the module's name, from a dot on.
    private List<(Regex Module, float Value)> ReadPattern(JsonElement json, string name)
    {
        List<(Regex, float)> pattern = [];
        if (!json.TryGetProperty(name, out JsonElement members) || members.ValueKind == JsonValueKind.Null)
        {
            return pattern;
        }

        if (members.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(File, "the value cannot be used", field: name, expected: "an object", found: CheckpointJson.Describe(members));
        }

        foreach (JsonProperty member in members.EnumerateObject())
        {
            try
            {
                // Without backtracking an expression from a stranger's file costs no more than its length.
                Regex module = new($"^(.*\\.)?({member.Name})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                pattern.Add((module, member.Value.GetSingle()));
            }
            catch (Exception error) when (error is ArgumentException or NotSupportedException or InvalidOperationException or FormatException)
            {
                throw new CheckpointException(
                    File, "the member cannot be used", field: $"{name}.{CheckpointJson.Shorten(member.Name)}", expected: "the name of a module, or an expression for it, and a number",
                    found: CheckpointJson.Describe(member.Value), inner: error);
            }
        }

        return pattern;
    }
}
