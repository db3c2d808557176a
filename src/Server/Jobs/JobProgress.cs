namespace Sparrow.Server.Jobs;

/// <summary>How far a job is (C §9.2).</summary>
/// <param name="Step">What it does: <c>calibrate</c>, the type of a step of the recipe, <c>evaluate</c>, <c>report</c> or <c>deploy</c>.</param>
/// <param name="StepIndex">Its place among them, from 1.</param>
/// <param name="StepCount">How many there are.</param>
/// <param name="Layer">Layer of the model, from 1; null outside the layers.</param>
/// <param name="LayerCount">Layers of the model; null before it was opened.</param>
/// <param name="Fraction">Share of the whole, 0 to 1.</param>
internal sealed record JobProgress(string Step, int StepIndex, int StepCount, int? Layer, int? LayerCount, double Fraction);
