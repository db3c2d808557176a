using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

/// <summary>
/// Seeded mutations of good checkpoints. Each is refused with a <see cref="CheckpointException"/> or loads; no other exception, no hang, no
/// allocation beyond a few times the files. <c>SPARROW_FUZZ_COUNT</c> sets how many of each kind (default 150).
/// </summary>
public sealed class DamagedCheckpointTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] s_numbers =
    [
        "0", "-1", "1", "2", "1.5", "1e400", "-0", "2147483648", "4294967296", "9223372036854775807", "18446744073709551616", "null", "true", "\"\"", "[]", "{}", "[[[[]]]]",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-damaged-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Damaged_safetensors_files_are_refused_or_load() => Fuzz("model.safetensors", 11, (random, bytes) => Damage(random, bytes, HeaderEnd(bytes)));

    [Fact]
    public void Damaged_headers_of_safetensors_are_refused_or_load() => Fuzz("model.safetensors", 12, EditHeader);

    [Fact]
    public void Damaged_configs_are_refused_or_load() => Fuzz("config.json", 13, (random, bytes) => EditJson(random, bytes));

    [Fact]
    public void Damaged_tokenizers_are_refused_or_load() => Fuzz("tokenizer.json", 14, (random, bytes) => EditJson(random, bytes));

    [Fact]
    public void Damaged_tokenizer_settings_are_refused_or_load() => Fuzz("tokenizer_config.json", 15, (random, bytes) => EditJson(random, bytes));

    [Fact]
    public void Damaged_indexes_are_refused_or_load() =>
        Fuzz("model.safetensors.index.json", 16, (random, bytes) => EditJson(random, bytes), new RandomCheckpointOptions { HiddenSize = 32, IntermediateSize = 32, MaximumShardBytes = 20_000 });

    [Fact]
    public void Damaged_gguf_files_are_refused_or_load()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { HiddenSize = 32, HeadCount = 2, KvHeadCount = 1, IntermediateSize = 64, LayerCount = 1 });
        string file = Path.Combine(_folder, "model.gguf");
        using (Checkpoint source = Checkpoint.Open(model.Folder))
        {
            CheckpointConverter.Convert(source, file, new ConvertOptions { Container = "gguf", Type = "q4_1" });
        }

        int headerEnd;
        using (GgufReader reader = GgufReader.Open(file))
        {
            headerEnd = (int)reader.HeaderBytes;
        }

        Run(file, file, 17, (random, bytes) => Damage(random, bytes, headerEnd));
    }

    [Theory]
    [InlineData("iq1_s.gguf")]
    [InlineData("iq1_m.gguf")]
    [InlineData("iq2_xxs.gguf")]
    [InlineData("iq2_xs.gguf")]
    [InlineData("iq2_m.gguf")]
    [InlineData("iq3_xxs.gguf")]
    [InlineData("iq3_s.gguf")]
    [InlineData("iq4_xs.gguf")]
    [InlineData("q2_K.gguf")]
    [InlineData("q3_K_M.gguf")]
    [InlineData("q4_K_M.gguf")]
    [InlineData("q5_K_S.gguf")]
    [InlineData("q6_K.gguf")]
    [InlineData("nvfp4.gguf")]
    [InlineData("q1_0_q2_0.gguf")]
    public void Damaged_files_of_every_kind_of_block_are_refused_or_load(string name)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllBytes(file, File.ReadAllBytes(SharedData.Require("models", "formats", "gguf", name)));
        int headerEnd;
        using (GgufReader reader = GgufReader.Open(file))
        {
            headerEnd = (int)reader.HeaderBytes;
        }

        Run(file, file, 20, (random, bytes) => Damage(random, bytes, headerEnd), Count / 5);
    }

    [Theory]
    [InlineData("gptq-w4-g64-desc")]
    [InlineData("gptq-w3-g128-sym")]
    [InlineData("awq-w4-g64")]
    [InlineData("ct-w4a16-g64-actorder")]
    [InlineData("ct-w4a16-g128-asym")]
    [InlineData("ct-naive-int8-asym")]
    [InlineData("ct-sparse-bitmask")]
    [InlineData("ct-nvfp4a16")]
    [InlineData("ct-marlin-24")]
    [InlineData("bnb-nf4-double")]
    [InlineData("fp8-block128")]
    public void Damaged_quantised_folders_are_refused_or_load(string name)
    {
        string folder = Copy(SharedData.Require("models", "formats", "hf", name));
        string weights = Path.Combine(folder, "model.safetensors");
        Run(folder, weights, 18, (random, bytes) => random.Next(2) == 0 ? EditHeader(random, bytes) : Damage(random, bytes, bytes.Length), Count / 5);
        Run(folder, Path.Combine(folder, "config.json"), 19, (random, bytes) => EditJson(random, bytes), Count / 5);
    }

    [Theory]
    [InlineData("mixtral")]
    [InlineData("qwen2-moe")]
    [InlineData("olmoe")]
    [InlineData("phi3-longrope-long")]
    [InlineData("gemma3-text")]
    [InlineData("gpt-neox")]
    public void Damaged_families_are_refused_or_load(string name)
    {
        string folder = Copy(SharedData.Require("models", "tiny", name));
        Run(folder, Path.Combine(folder, "model.safetensors"), 21, EditHeader, Count / 5);
        Run(folder, Path.Combine(folder, "config.json"), 22, (random, bytes) => EditJson(random, bytes), Count / 5);
    }

    private string Copy(string source)
    {
        string folder = Path.Combine(_folder, Path.GetFileName(source));
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(source))
        {
            File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        return folder;
    }

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("SPARROW_FUZZ_COUNT"), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 150;

    private void Fuzz(string name, int seed, Func<Random, byte[], byte[]> damage, RandomCheckpointOptions? options = null)
    {
        using TinyModel model = TinyModel.Create(options ?? new RandomCheckpointOptions { HiddenSize = 32, HeadCount = 2, KvHeadCount = 1, IntermediateSize = 32, LayerCount = 1 });
        Run(model.Folder, Path.Combine(model.Folder, name), seed, damage);
    }

    private void Run(string checkpoint, string file, int seed, Func<Random, byte[], byte[]> damage, int? mutations = null)
    {
        byte[] good = File.ReadAllBytes(file);
        Load(checkpoint);
        long fileBytes = Directory.Exists(checkpoint) ? Directory.GetFiles(checkpoint).Sum(name => new FileInfo(name).Length) : good.Length;
        int refused = 0;
        long most = 0;
        int count = mutations ?? Count;
        for (int i = 0; i < count; i++)
        {
            Random random = new((seed * 1_000_003) + i);
            byte[] damaged = damage(random, good);
            File.WriteAllBytes(file, damaged);
            long before = Allocated();
            Stopwatch watch = Stopwatch.StartNew();
            try
            {
                Load(checkpoint);
            }
            catch (CheckpointException error)
            {
                refused++;
                Assert.False(string.IsNullOrWhiteSpace(error.Reason));
            }
            catch (Exception error)
            {
                File.WriteAllBytes(file, good);
                Assert.Fail($"mutation {i} of {Path.GetFileName(file)}: {error}");
            }

            long allocated = Allocated() - before;
            most = Math.Max(most, allocated);
            Assert.True(allocated <= (4 * fileBytes) + (64 << 20), $"mutation {i} of {Path.GetFileName(file)} allocated {allocated} bytes");
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"mutation {i} of {Path.GetFileName(file)} took {watch.Elapsed}");
        }

        File.WriteAllBytes(file, good);
        output.WriteLine($"{refused} of {count} refused; at most {most:N0} bytes allocated for {fileBytes:N0}");
        Assert.True(refused > 0, "no mutation was noticed, so the mutations or the checks are broken");
    }

    /// <summary>Managed and native bytes that this thread ever took; layouts are made on the thread that loads.</summary>
    private static long Allocated() => GC.GetAllocatedBytesForCurrentThread() + NativeBuffer.AllocatedBytesForCurrentThread;

    /// <summary>Everything a server would do with an upload before the first request.</summary>
    private static void Load(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        LoadedTensors.LoadAll(checkpoint);
        _ = checkpoint.Digest;
        _ = checkpoint.LoadTokenizer()?.Encode("Hello, world! äöü <|im_end|>");
    }

    /// <summary>Flips bytes, truncates, inserts, repeats, or writes large numbers; mostly in the header.</summary>
    private static byte[] Damage(Random random, byte[] good, int headerEnd)
    {
        List<byte> bytes = [.. good];
        int place = random.Next(random.Next(4) == 0 ? bytes.Count : headerEnd);
        switch (random.Next(6))
        {
            case 0:
                bytes[place] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[place] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(place, bytes.Count - place);
                break;
            case 3:
                bytes.InsertRange(place, new byte[random.Next(1, 40)]);
                break;
            case 4:
                bytes.RemoveRange(place, Math.Min(random.Next(1, 40), bytes.Count - place));
                break;
            default:
                byte[] number = BitConverter.GetBytes(random.Next(3) switch { 0 => ulong.MaxValue, 1 => 1UL << random.Next(64), _ => (ulong)random.NextInt64() });
                for (int i = 0; i < number.Length && place + i < bytes.Count; i++)
                {
                    bytes[place + i] = number[i];
                }

                break;
        }

        return [.. bytes];
    }

    /// <summary>Edits the JSON of a header and makes its length fit again, so that the damage lies in what it says.</summary>
    private static byte[] EditHeader(Random random, byte[] good)
    {
        int end = HeaderEnd(good);
        byte[] header = EditJson(random, good[8..end]);
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. good[end..]];
    }

    private static int HeaderEnd(byte[] bytes) => 8 + (int)BitConverter.ToInt64(bytes);

    /// <summary>Replaces a value, doubles or drops a member, cuts, or swaps characters.</summary>
    private static byte[] EditJson(Random random, byte[] good)
    {
        string text = Encoding.UTF8.GetString(good);
        int[] colons = [.. Enumerable.Range(0, text.Length).Where(i => text[i] == ':')];
        int colon = colons[random.Next(colons.Length)];
        int end = text.IndexOfAny([',', '}', ']', '\n'], colon);
        end = end < 0 ? text.Length : end;
        switch (random.Next(7))
        {
            case 0:
            case 1:
                text = string.Concat(text.AsSpan(0, colon + 1), s_numbers[random.Next(s_numbers.Length)], text.AsSpan(end));
                break;
            case 2:
                int start = text.LastIndexOf('"', text.LastIndexOf('"', colon) - 1);
                text = start < 0 ? text[..colon] : string.Concat(text.AsSpan(0, end), ",", text.AsSpan(start, end - start), text.AsSpan(end));
                break;
            case 3:
                text = text[..random.Next(text.Length)];
                break;
            case 4:
                int place = random.Next(text.Length);
                text = string.Concat(text.AsSpan(0, place), ((char)random.Next(1, 0x3000)).ToString(), text.AsSpan(place + 1));
                break;
            case 5:
                text = string.Concat(text.AsSpan(0, colon + 1), new string('[', 3000), text.AsSpan(end));
                break;
            default:
                int first = random.Next(text.Length);
                text = text.Remove(first, Math.Min(random.Next(1, 20), text.Length - first));
                break;
        }

        return Encoding.UTF8.GetBytes(text);
    }
}
