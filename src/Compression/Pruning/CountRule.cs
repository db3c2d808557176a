namespace Sparrow.Compression.Pruning;

/// <summary>How many weights of a matrix or panel a sparsity means.</summary>
public enum CountRule
{
    /// <summary>The share of the weights rounded to a whole number, and of equal scores those that come first.</summary>
    Exact,

    /// <summary>As in the published scripts: all scores up to that of number trunc(share · count) counted from 0, which is one too many, and ties.</summary>
    Released,
}
