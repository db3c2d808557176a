using System.Text.Json.Nodes;
using Sparrow.Compression.Artifacts;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Artifacts;

/// <summary>Artifacts may come from anybody: what does not hold together is refused, with the tensor, what was expected and what was found.</summary>
public sealed class HostileArtifactTests
{
    private const string Module = "model.layers.1.mlp.down_proj.";

    public static TheoryData<string, string> Damages() => new()
    {
        { "a bit less in the mask", "row_offsets" },
        { "a bit more in the last row", "sparse_codes" },
        { "a bit beyond the last column", "bitmask" },
        { "an offset far out", "row_offsets" },
        { "a negative offset", "row_offsets" },
        { "codes cut short", "sparse_codes" },
        { "five bits", "code_bits" },
        { "a zero point of 16", "weight_zero_point" },
        { "scales of another shape", "weight_scale" },
        { "scales that are whole numbers", "weight_scale" },
        { "a scale that is not a number", "sparse_codes" },
        { "a mask of another type", "bitmask" },
        { "no mask", "bitmask" },
        { "no scales", "weight_scale" },
        { "no codes", "down_proj" },
        { "a factor turned round", "correction_a" },
        { "a rank of nothing", "correction_a" },
        { "no second factor", "correction_b" },
        { "factors of another rank", "correction_b" },
        { "factors in whole numbers", "correction_b" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void Damage_is_refused_with_its_place(string damage, string tensor)
    {
        // 100 inputs: the last byte of a mask row has bits to spare.
        using TinyModel model = Write("sparse60-w4-asym-row+r4", 100, out string folder);
        string file = Path.Combine(folder, "model.safetensors");
        SafetensorsSurgery surgery = new(file);
        Apply(surgery, damage);
        surgery.Write();
        CheckpointException error = Assert.Throws<CheckpointException>(() => LoadAll(folder));
        Assert.Contains(tensor, error.Tensor, StringComparison.Ordinal);
        Assert.Equal(Path.GetFileName(error.File), error.Found == "no such tensor" ? Path.GetFileName(folder) : "model.safetensors");
        Assert.NotNull(error.Expected);
        Assert.NotNull(error.Found);
    }

    [Theory]
    [InlineData("version", "2", "version")]
    [InlineData("version", "\"x\"", "version")]
    [InlineData("bits", "[4, 64]", "bits")]
    [InlineData("quant_method", "\"sparow\"", "quant_method")]
    public void Settings_that_are_not_known_are_refused(string field, string value, string named)
    {
        using TinyModel model = Write("sparse60-w8", 96, out string folder);
        string path = Path.Combine(folder, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["quantization_config"]![field] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());
        CheckpointException error = Assert.Throws<CheckpointException>(() => LoadAll(folder));
        Assert.Contains(named, error.Field, StringComparison.Ordinal);
        Assert.Equal(path, error.File);
    }

    [Theory]
    [InlineData("sparse60-w4-asym+r4")]
    [InlineData("sparse60-w8")]
    [InlineData("2:4")]
    public void Random_damage_is_refused_or_loads(string content)
    {
        using TinyModel model = Write(content, 96, out string folder);
        string file = Path.Combine(folder, "model.safetensors");
        byte[] good = File.ReadAllBytes(file);
        int refused = 0;
        for (int seed = 0; seed < 150; seed++)
        {
            Random random = new(seed);
            byte[] damaged = [.. good];
            int header = (int)BitConverter.ToInt64(good);

            // Every other time in the header, where a byte means more.
            int end = seed % 2 == 0 ? 8 + header : damaged.Length;
            for (int i = 0; i <= random.Next(4); i++)
            {
                damaged[random.Next(end)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(file, damaged);
            try
            {
                LoadAll(folder);
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 50, 149);
    }

    private static TinyModel Write(string content, int intermediate, out string folder)
    {
        TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16", IntermediateSize = intermediate });
        folder = model.Folder + "-artifact";
        using Checkpoint source = Checkpoint.Open(model.Folder);
        ArtifactConverter.Convert(source, folder, LinearFormats.Native, linear => Samples.Compress(linear, content, []));
        return model;
    }

    private static void LoadAll(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        foreach (TensorInfo tensor in checkpoint.Tensors.Values)
        {
            if (tensor.Shape is [var rows, var columns])
            {
                using WeightMatrix matrix = checkpoint.LoadMatrix(tensor.Name, (int)rows, (int)columns);
            }
            else
            {
                checkpoint.LoadVector(tensor.Name, (int)tensor.Shape[0]);
            }
        }
    }

    // The layer has 64 outputs and 100 inputs, so mask rows have 13 bytes.
    private static void Apply(SafetensorsSurgery surgery, string damage)
    {
        byte[] mask = surgery.Data(Module + "bitmask");
        byte[] offsets = surgery.Data(Module + "row_offsets");
        switch (damage)
        {
            case "a bit less in the mask":
                mask.AsSpan(0, 13).Clear();
                break;
            case "a bit more in the last row":
                mask.AsSpan(63 * 13, 12).Fill(0xFF);
                break;
            case "a bit beyond the last column":
                mask[12] |= 0x10;
                break;
            case "an offset far out":
                BitConverter.TryWriteBytes(offsets.AsSpan(8), long.MaxValue - 3);
                break;
            case "a negative offset":
                BitConverter.TryWriteBytes(offsets.AsSpan(8), -8L);
                break;
            case "codes cut short":
                surgery.Cut(Module + "sparse_codes", 100, 100);
                break;
            case "five bits":
                surgery.Data(Module + "code_bits")[0] = 5;
                break;
            case "a zero point of 16":
                surgery.Data(Module + "weight_zero_point")[7] = 16;
                break;
            case "scales of another shape":
                surgery.Reshape(Module + "weight_scale", "F16", 32, 2);
                break;
            case "scales that are whole numbers":
                surgery.Reshape(Module + "weight_scale", "I16", 64, 1);
                break;
            case "a scale that is not a number":
                surgery.Data(Module + "weight_scale").AsSpan(0, 2).Fill(0xFF);
                break;
            case "a mask of another type":
                surgery.Reshape(Module + "bitmask", "I8", 64, 13);
                break;
            case "no mask":
                surgery.Remove(Module + "bitmask");
                break;
            case "no scales":
                surgery.Remove(Module + "weight_scale");
                break;
            case "no codes":
                surgery.Remove(Module + "sparse_codes");
                break;
            case "a factor turned round":
                surgery.Reshape(Module + "correction_a", "F32", 100, 4);
                break;
            case "a rank of nothing":
                surgery.Cut(Module + "correction_a", 0, 0, 100);
                break;
            case "no second factor":
                surgery.Remove(Module + "correction_b");
                break;
            case "factors of another rank":
                surgery.Cut(Module + "correction_b", 64 * 2 * 4, 64, 2);
                break;
            case "factors in whole numbers":
                surgery.Reshape(Module + "correction_b", "I32", 64, 4);
                break;
            default:
                throw new ArgumentException(damage);
        }
    }
}
