using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Steps;

/// <summary>What a pruning method made of a linear.</summary>
/// <param name="Method">Who did it: what took a method's place where it fell back.</param>
/// <param name="Mask">Kept weights.</param>
/// <param name="Values">All weights where the method changed them; null: they keep their values.</param>
internal readonly record struct PrunedLinear(string Method, PruneMask Mask, float[]? Values = null);
