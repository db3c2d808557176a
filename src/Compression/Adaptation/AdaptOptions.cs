using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;

namespace Sparrow.Compression.Adaptation;

/// <summary>One adaptation: masks, ranks and training over some rounds. One round without RMI and with equal ranks is one-shot masked LoRA.</summary>
public sealed record AdaptOptions
{
    /// <summary>Most rank of a block by the paper; what an adapter has no room for is cut off.</summary>
    internal const int UsualMostRank = 16;

    /// <summary>Mean share of the weights that is pruned in the end; 0: the dense model is only trained.</summary>
    public required double Sparsity { get; init; }

    /// <summary>Weights of a group of which each block prunes a number of its own; 0: unstructured.</summary>
    public int GroupSize { get; init; }

    public int Rounds { get; init; } = 5;

    /// <summary>SparseGPT chooses the masks and changes the base weights; else Wanda does, masks are nested and the base stays as it is.</summary>
    public bool BySparseGpt { get; init; }

    /// <summary>Of SparseGPT's Hessian.</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>Swaps by DSnoT after Wanda, never for the worse of a row. Weights that return have their dense values, and masks are no longer nested.</summary>
    public bool Refine { get; init; }

    /// <summary>Whether blocks get sparsities by how alike their inputs are; else all the same.</summary>
    public bool ByInformation { get; init; } = true;

    /// <summary>How far blocks may be from each target; null: the published table.</summary>
    public double? Range { get; init; }

    /// <summary>Pieces of calibration sequences that are compared, and their tokens.</summary>
    public int ComparedSequences { get; init; } = 64;

    public int ComparedTokens { get; init; } = 128;

    /// <summary>Calibration sequences that reconstruction errors are measured on: only their ratios count.</summary>
    public int ErrorSequences { get; init; } = 8;

    /// <summary>Room of each adapter; the program of the paper has 8, by which ranks above it do nothing.</summary>
    public int AllocatedRank { get; init; } = 16;

    /// <summary>Mean rank of the last round.</summary>
    public int MeanRank { get; init; } = 10;

    /// <summary>Whether blocks get ranks by what they have lost; else all the mean.</summary>
    public bool ByError { get; init; } = true;

    /// <summary>γ of W + γ·B·A.</summary>
    public float Scale { get; init; } = 2;

    /// <summary>Training tokens of all rounds.</summary>
    public long Tokens { get; init; } = 150_000;

    /// <summary>Share of the tokens that the last round gets; the others share the rest evenly.</summary>
    public double LastShare { get; init; } = 0.6;

    /// <summary>Sequences of a step.</summary>
    public int Batch { get; init; } = 4;

    /// <summary>Tokens of a training sequence.</summary>
    public int Length { get; init; } = 512;

    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of a round's steps in which the rate rises.</summary>
    public double WarmUp { get; init; } = 0.1;

    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Largest norm of a step's gradient.</summary>
    public double Clip { get; init; } = 0.3;

    public AdaptObjective Objective { get; init; }

    /// <summary>Weight of the blocks' outputs beside the next token.</summary>
    public double SquareHeadFactor { get; init; } = 1;

    /// <summary>Most bytes of activations kept on the way forward; what is beyond is computed again.</summary>
    public long KeptActivationBytes { get; init; } = 768L << 20;

    /// <summary>What the sparse weights are rounded to before the adapter is trained on top of them; null: they stay floats.</summary>
    public QuantizationScheme? Quantization { get; init; }

    public int Seed { get; init; }

    /// <summary>Optimiser steps of a round: at least one, unless nothing is trained at all.</summary>
    public int Steps(int round)
    {
        double share = Rounds == 1 ? 1 : round == Rounds ? LastShare : (1 - LastShare) / (Rounds - 1);
        return Tokens == 0 ? 0 : Math.Max(1, (int)Math.Round(Tokens * share / (Batch * Length)));
    }

    /// <summary>The target of a sparsity.</summary>
    internal PruneTarget TargetOf(double sparsity, int prunePerGroup) =>
        GroupSize > 0 ? PruneTarget.Structured(prunePerGroup, GroupSize) : PruneTarget.Unstructured(sparsity);
}
