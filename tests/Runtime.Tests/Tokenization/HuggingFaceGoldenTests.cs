using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class HuggingFaceGoldenTests
{
    [Theory]
    [InlineData("smollm2")]
    [InlineData("tinyllama")]
    public void Every_reference_text_encodes_and_decodes_as_the_reference(string name)
    {
        Tokenizer tokenizer = TokenizerReader.FromFolder(SharedData.Require("data", "tokenizers", name))!;
        GoldenTexts.Check(tokenizer, $"{name}.jsonl");
    }
}
