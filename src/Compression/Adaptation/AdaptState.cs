using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Adaptation;

/// <summary>Masks, adapters and changed weights of a model after some rounds: what another process goes on with.</summary>
internal sealed class AdaptState
{
    private readonly Dictionary<string, AdaptedLinear> _linears;

    public AdaptState(IReadOnlyList<IReadOnlyList<AdaptedLinear>> blocks, IReadOnlyList<AdaptRound> rounds)
    {
        Blocks = blocks;
        Rounds = [.. rounds];
        _linears = blocks.SelectMany(block => block).ToDictionary(linear => linear.Name, StringComparer.Ordinal);
    }

    /// <summary>The linears that are adapted, by block.</summary>
    public IReadOnlyList<IReadOnlyList<AdaptedLinear>> Blocks { get; }

    /// <summary>Finished rounds.</summary>
    public List<AdaptRound> Rounds { get; }

    public IEnumerable<AdaptedLinear> Linears => Blocks.SelectMany(block => block);

    public AdaptedLinear? Find(string name) => _linears.GetValueOrDefault(name);

    /// <summary>Nothing pruned, adapters that change nothing.</summary>
    public static AdaptState Create(ModelConfig config, Func<string, bool> concerns, AdaptOptions options)
    {
        Random random = new(options.Seed);
        List<AdaptedLinear>[] blocks = [.. Enumerable.Range(0, config.LayerCount).Select(_ => new List<AdaptedLinear>())];
        for (int layer = 0; layer < blocks.Length; layer++)
        {
            foreach ((string name, int rows, int columns) in BlockTensors.Linears(config, layer).Where(linear => concerns(linear.Name)))
            {
                LoraAdapter adapter = new(name, rows, columns, options.AllocatedRank, options.Scale);
                adapter.Initialize(random);
                blocks[layer].Add(new AdaptedLinear(name, rows, columns, adapter));
            }
        }

        return new AdaptState(blocks, []);
    }
}
