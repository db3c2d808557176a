using System.Text;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class TokenizerFuzzTests
{
    private const long MaxAllocatedBytes = 64L << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_tokenizer_json_is_refused_or_works(bool characters)
    {
        byte[] good = Encoding.UTF8.GetBytes(
            (characters ? TokenizerFolder.CharacterJson("▁ a", "b c") : TokenizerFolder.ByteLevelJson("a b", "Ġ c")).ToJsonString());
        string[] swaps = ["null", "-1", "1e9", "99999999999", "\"\"", "[]", "{}", "true", "\"type\":\"Sequence\"", "\"\\ud800\"", "]", "}", ",", ":"];
        Run(good, seed: characters ? 21 : 22, rounds: 1500, "tokenizer.json", swaps);
    }

    [Fact]
    public void Damaged_sentencepiece_models_are_refused_or_work() =>
        Run(File.ReadAllBytes(SharedData.Require("data/models/babyllama105/tok105.model")), seed: 23, rounds: 1500, "tokenizer.model", ["\u00FF\u00FF\u00FF\u00FF\u007F"]);

    private static void Run(byte[] good, int seed, int rounds, string name, string[] swaps)
    {
        Random random = new(seed);
        using TokenizerFolder folder = new();
        int worked = 0;
        int refused = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Mutate(good, random, swaps);
            folder.With(name, bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Tokenizer tokenizer = folder.Read()!;
                Assert.NotNull(tokenizer.Decode(tokenizer.Encode("abc ab\n12 é")));
                worked++;
            }
            catch (CheckpointException error)
            {
                Assert.EndsWith(name, error.File, StringComparison.Ordinal);
                refused++;
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MaxAllocatedBytes, $"seed {seed}, round {round}: {allocated} bytes");
        }

        Assert.True(worked > 0 && refused > 0, $"{worked} worked, {refused} refused");
    }

    private static byte[] Mutate(byte[] good, Random random, string[] swaps)
    {
        byte[] bytes = [.. good];
        int count = 1 + random.Next(3);
        for (int i = 0; i < count; i++)
        {
            int at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes = bytes[..Math.Max(1, at)];
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(20))..], (byte)' '];
                    break;
                default:
                    bytes = [.. bytes[..at], .. Encoding.Latin1.GetBytes(swaps[random.Next(swaps.Length)]), .. bytes[at..]];
                    break;
            }
        }

        return bytes;
    }
}
