using System.Buffers.Binary;
using System.Text.Json;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;

namespace Sparrow.Compression.Tests.Pipeline;

/// <summary>A tiny model, calibration sequences for it, and a folder for artifacts; deleted when disposed.</summary>
internal sealed class PipelineFixture : IDisposable
{
    private readonly TinyModel _model;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-compress-");

    public PipelineFixture(RandomCheckpointOptions? options = null, int samples = 4, int length = 64)
    {
        _model = TinyModel.Create(options);
        using Checkpoint checkpoint = Checkpoint.Open(_model.Folder);
        Random random = new(5);
        int[][] segments = [.. Enumerable.Range(0, samples).Select(_ =>
            Enumerable.Range(0, length).Select(_ => random.Next(checkpoint.Config.VocabularySize)).ToArray())];
        CalibrationFile = In("calibration.json");
        File.WriteAllText(CalibrationFile, JsonSerializer.Serialize(new { samples = segments }));
    }

    public string Model => _model.Folder;

    public string CalibrationFile { get; }

    /// <summary>A path in the scratch folder.</summary>
    public string In(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>A compression with the calibration sequences and these steps.</summary>
    public CompressionOptions Options(string steps, string output = "artifact", string more = "") => new()
    {
        Model = Model,
        Recipe = CompressionRecipe.Parse($$"""{"version":1,"steps":[{{steps}}]{{more}}}"""),
        Output = In(output),
        CalibrationFile = CalibrationFile,
    };

    /// <summary>Writes over one value of the model's file, which holds f32.</summary>
    public void Patch(string tensor, int index, float value)
    {
        string path = Path.Combine(Model, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        int headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, headerBytes));
        int offset = header.RootElement.GetProperty(tensor).GetProperty("data_offsets")[0].GetInt32();
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(8 + headerBytes + offset + (index * sizeof(float))), value);
        File.WriteAllBytes(path, bytes);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }
}
