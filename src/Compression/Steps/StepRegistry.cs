namespace Sparrow.Compression.Steps;

/// <summary>Every step that a recipe can name: a line a method.</summary>
public static class StepRegistry
{
    public static IReadOnlyList<StepDefinition> All { get; } =
    [
        MagnitudePruneStep.Definition,
        WandaPruneStep.Definition,
        SparseGptPruneStep.Definition,
        AptPruneStep.Definition,
        DsnotRefineStep.Definition,
        EoraCompensateStep.Definition,
        RtnQuantizeStep.Definition,
        GptqQuantizeStep.Definition,
        AwqQuantizeStep.Definition,
        JointQuantizeStep.Definition,
        AdaptStep.Losa,
        AdaptStep.MaskedLora,
        AdaptStep.SquareHead,
        TuneKvStep.Definition,
    ];
}
