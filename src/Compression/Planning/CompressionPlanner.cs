using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Planning;

/// <summary>Memory and time of a compression from the sizes of its parts: passes over the calibration tokens, Gram matrices, factorisations, sweeps.</summary>
internal sealed class CompressionPlanner(PlannedWeights weights, PlannedWeights after, CompressionRecipe recipe, MachineRates rates)
{
    // What a text is drawn into where the recipe does not say.
    private const int DefaultSamples = 16;
    private const int DefaultLength = 2048;
    private const int EvaluationWindow = 2048;

    private readonly ModelConfig _config = weights.Config;
    private readonly CompressionStep[] _steps = [.. recipe.Steps.Select(step => step.Create())];

    public CompressionPlan Plan()
    {
        StatisticsNeed need = _steps.Select(step => step.Needs).DefaultIfEmpty(StatisticsNeed.None).Max();
        bool isCalibrated = need != StatisticsNeed.None || recipe.Calibration is not null || _steps.Any(step => step.SampleTokens > 0);
        int length = Math.Min(recipe.Calibration?.Length ?? DefaultLength, _config.ContextLength);
        long tokens = isCalibrated ? (long)(recipe.Calibration?.Samples ?? DefaultSamples) * length : 0;

        // Layers' errors are measured by Gram matrices whatever the steps need.
        StatisticsNeed gathered = isCalibrated ? LayerErrors.Gathered(need, _config) : need;
        Dictionary<string, double> parts = new()
        {
            // Once for the statistics, once with the block's new weights.
            ["forward"] = 2 * tokens * ForwardSeconds(weights.Matrices.Where(matrix => matrix.Block is not null)),
            ["statistics"] = gathered == StatisticsNeed.Gram ? _config.LayerCount * Inputs().Sum(columns => tokens * columns * (double)columns) / rates.GramPerSecond : 0,
            ["factorisations"] = need == StatisticsNeed.Gram ? _config.LayerCount * Inputs().Sum(columns => Math.Pow(columns, 3)) / rates.FactorPerSecond : 0,
            ["sweeps"] = SweepSeconds(),
            ["evaluation"] = EvaluationSeconds(),
        };
        (long memory, long spilled) = Memory(gathered, tokens, length);
        long parameters = weights.Matrices.Sum(matrix => (long)matrix.Rows * matrix.Columns);
        PreparationCost[] preparations = [.. _steps.Select(step => step.CostOf(_config, parameters)).Where(cost => cost.ForwardTokens > 0)];
        if (preparations.Length > 0)
        {
            parts["preparation"] = preparations.Sum(cost => cost.ForwardTokens) * ForwardSeconds(weights.Matrices.Where(matrix => matrix.Name != PlannedWeights.Positions));
            memory = Math.Max(memory, preparations.Max(cost => cost.MemoryBytes));
        }

        return new CompressionPlan
        {
            CalibrationTokens = tokens,
            PeakMemoryBytes = memory,
            SpilledBytes = spilled,
            DiskBytes = after.Bytes + spilled,
            Seconds = parts.Values.Sum(),
            Parts = parts,
            Notes = recipe.Steps.Any(step => step.Arguments.Has("allocation"))
                ? ["An allocation looks at the whole model before the first block; a search takes as many passes more as its budget allows."]
                : [],
        };
    }

    // The distinct inputs of a block's linears.
    private long[] Inputs() =>
        [_config.HiddenSize, (long)_config.HeadCount * _config.HeadSize, _config.HiddenSize, _config.IntermediateSize];

    // Compression runs on floats whatever the source's layout is.
    private double ForwardSeconds(IEnumerable<PlannedMatrix> matrices) =>
        matrices.Sum(matrix => 2.0 * matrix.Rows * matrix.Columns) / rates.ProductRate(ProductKind.F32, EvaluationWindow);

    private double SweepSeconds()
    {
        double seconds = 0;
        for (int i = 0; i < _steps.Length; i++)
        {
            if (_steps[i].Needs == StatisticsNeed.Gram)
            {
                seconds += weights.Matrices.Where(matrix => matrix.Block is not null && recipe.Steps[i].Concerns(matrix.Name))
                    .Sum(matrix => matrix.Rows * (double)matrix.Columns * matrix.Columns) / rates.SweepPerSecond;
            }
        }

        return seconds;
    }

    private double EvaluationSeconds()
    {
        if (recipe.Evaluation is not { } gate)
        {
            return 0;
        }

        // Before and after, the head for every token.
        long tokens = (long)gate.MaximumWindows * Math.Min(gate.Window ?? EvaluationWindow, _config.ContextLength);
        return 2 * tokens * (ForwardSeconds(weights.Matrices.Where(matrix => !matrix.IsTable))
            + (_config.TiedEmbeddings ? ForwardSeconds(weights.Matrices.Where(matrix => matrix.Name == PlannedWeights.Embedding)) : 0));
    }

    private (long Memory, long Spilled) Memory(StatisticsNeed need, long tokens, int length)
    {
        // 1. A block as floats in the decoder, as original, and as changed; 2. Gram matrices in double, one factor and its work space.
        long block = Enumerable.Range(0, _config.LayerCount)
            .Max(layer => weights.Matrices.Where(matrix => matrix.Block == layer).Sum(matrix => (long)matrix.Rows * matrix.Columns)) * sizeof(float) * 3;
        long statistics = need == StatisticsNeed.Gram
            ? (Inputs().Sum(columns => columns * columns) * sizeof(double)) + (Inputs().Max(columns => columns * columns) * (sizeof(double) + sizeof(float)))
            : 0;

        // 3. Residual streams up to their share; 4. what one sequence needs on its way through a block.
        long streams = tokens * _config.HiddenSize * sizeof(float);
        long budget = new CompressionOptions { Model = "", Recipe = recipe, Output = "" }.ActivationBytes;
        long scratch = Math.Min(tokens, length) * ((6L * _config.HiddenSize) + (3L * _config.IntermediateSize) + (3L * _config.HeadCount * _config.HeadSize)) * sizeof(float);
        return (block + statistics + Math.Min(streams, budget) + scratch, Math.Max(0, streams - budget));
    }
}
