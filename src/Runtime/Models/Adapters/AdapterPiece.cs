namespace Sparrow.Runtime.Models.Adapters;

/// <summary>Some neighbouring rows of a step that have the same adapter.</summary>
/// <param name="Adapter">Its place among the model's.</param>
/// <param name="FirstToken">First row of the step.</param>
/// <param name="TokenCount">Rows.</param>
/// <param name="InnerRow">Where A·x of the first of them is kept.</param>
internal readonly record struct AdapterPiece(int Adapter, int FirstToken, int TokenCount, int InnerRow);
