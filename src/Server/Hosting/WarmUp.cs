using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Server.Hosting;

/// <summary>
/// Runs a model once in each shape that serving has, before its engine begins: a chunk of a prompt, and one token after it. Pages are touched
/// and code is compiled by then, and a model whose logits are not numbers is found out before a caller does.
/// </summary>
internal static class WarmUp
{
    /// <param name="model">Nothing else runs on it.</param>
    /// <param name="adapter">Place of the adapter to compute with.</param>
    /// <exception cref="CheckpointException">The model's logits are not finite.</exception>
    public static void Run(LoadedModel model, int adapter = StepSequence.NoAdapter)
    {
        int promptTokens = Math.Min(KvLayout.BlockTokens + 8, model.ContextLength - 1);
        int[] blocks = model.StepModel.BlockCount > 0 && promptTokens >= KvLayout.BlockTokens ? [0] : [];
        promptTokens = blocks.Length > 0 ? promptTokens : Math.Min(promptTokens, KvLayout.BlockTokens - 2);
        int[] tokens = new int[promptTokens];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = i % model.Config.VocabularySize;
        }

        StepBatch batch = new(promptTokens, 1);
        batch.Add(tokens, 0, blocks, 0, 1, adapter);
        RequireFinite(model, model.StepModel.Forward(batch));
        batch.Clear();
        batch.Add(tokens.AsSpan(0, 1), promptTokens, blocks, 0, 1, adapter);
        RequireFinite(model, model.StepModel.Forward(batch));
    }

    private static void RequireFinite(LoadedModel model, ReadOnlySpan<float> logits)
    {
        foreach (float logit in logits)
        {
            if (!float.IsFinite(logit))
            {
                throw new CheckpointException(
                    model.Config.Family, "the model's logits are not finite numbers", expected: "finite logits", found: $"{logit}");
            }
        }
    }
}
