namespace Sparrow.Runtime.Models.Adapters;

/// <summary>Neighbouring rows of a step that have the same adapter.</summary>
/// <param name="Adapter">Its place among the model's.</param>
/// <param name="FirstToken">First row.</param>
/// <param name="TokenCount">Rows.</param>
internal readonly record struct AdapterRun(int Adapter, int FirstToken, int TokenCount);
