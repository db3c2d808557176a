using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>Walks a model block by block without pages, as calibration does.</summary>
internal static unsafe class LaboratoryWalk
{
    /// <summary>The last position's hidden state: embedding, after each block but the last, after the final norm.</summary>
    public static float[][] LastHidden(DecoderModel model, int[] tokens)
    {
        using SequenceAttentionView view = new(KvShape.Of(model.Config), tokens.Length, 1, model.Options.Kernels);
        view.Bind(tokens.Length);
        ActivationBuffer hidden = model.Hidden;
        model.Embed(tokens, hidden);
        model.PreparePositions(view);
        List<float[]> states = [Last()];
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            model.RunBlock(layer, hidden, tokens.Length, view);
            states.Add(Last());
        }

        float[] normed = new float[model.Config.HiddenSize];
        fixed (float* y = normed)
        {
            model.Weights.FinalNorm.Apply(hidden.Row(tokens.Length - 1), y);
        }

        states[^1] = normed;
        return [.. states];

        float[] Last() => new ReadOnlySpan<float>(hidden.Row(tokens.Length - 1), model.Config.HiddenSize).ToArray();
    }

    /// <summary>Logits of every position of several sequences, which go through the model together.</summary>
    public static float[][] Logits(DecoderModel model, params int[][] sequences)
    {
        int[] tokens = [.. sequences.SelectMany(sequence => sequence)];
        using SequenceAttentionView view = new(KvShape.Of(model.Config), tokens.Length, sequences.Length, model.Options.Kernels);
        view.Bind([.. sequences.Select(sequence => sequence.Length)]);
        ActivationBuffer hidden = model.Hidden;
        model.Embed(tokens, hidden);
        model.PreparePositions(view);
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            model.RunBlock(layer, hidden, tokens.Length, view);
        }

        float[][] logits = new float[tokens.Length][];
        for (int row = 0; row < tokens.Length; row++)
        {
            logits[row] = new float[model.Config.VocabularySize];
            fixed (float* y = logits[row])
            {
                model.Head(hidden, row, 1, y);
            }
        }

        return logits;
    }
}
