using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class SentencePieceGoldenTests
{
    [Theory]
    [InlineData("data/tokenizers/mistral/tokenizer.model.v1", "mistral-v1-spm.jsonl")]
    [InlineData("data/tokenizers/mistral/mistral_instruct_tokenizer_240323.model.v3", "mistral-v3-spm.jsonl")]
    [InlineData("data/models/babyllama105/tok105.model", "tok105-spm.jsonl")]
    public void Every_reference_text_encodes_and_decodes_as_the_reference(string model, string golden) =>
        GoldenTexts.Check(TokenizerReader.FromSentencePiece(SharedData.Require(model), parsesMarkers: false), golden);

    [Fact]
    public void Prompts_name_control_pieces()
    {
        Tokenizer tokenizer = TokenizerReader.FromSentencePiece(
            SharedData.Require("data/tokenizers/mistral/mistral_instruct_tokenizer_240323.model.v3"));
        int[] ids = tokenizer.Encode("[INST] hi[/INST]");
        Assert.Equal([1, 3], ids[..2]);
        Assert.Equal(4, ids[^1]);
        Assert.Equal(" hi", tokenizer.Decode(ids, skipSpecialTokens: true)[^3..]);
    }
}
