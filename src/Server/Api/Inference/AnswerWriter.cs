using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sparrow.Server.Api.Parameters;

namespace Sparrow.Server.Api.Inference;

/// <summary>
/// Writes the answer to an inference request, whole or in chunks. What all chunks share is encoded once (T-5); a chunk's own part is written
/// straight into the stream's buffer.
/// </summary>
internal abstract class AnswerWriter : IDisposable
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly string _id;
    private readonly long _created;
    private readonly string _answerKind;
    private readonly string _chunkKind;
    private readonly Utf8JsonWriter _writer = new(Stream.Null, s_options);

    /// <param name="run">The request's run.</param>
    /// <param name="id">The answer's id.</param>
    /// <param name="created">Unix seconds.</param>
    /// <param name="answerKind">The <c>object</c> member of a whole answer.</param>
    /// <param name="chunkKind">The <c>object</c> member of a chunk.</param>
    /// <param name="includeUsage">T-7: whether chunks have a <c>usage</c> member.</param>
    protected AnswerWriter(InferenceRun run, string id, long created, string answerKind, string chunkKind, bool includeUsage)
    {
        Run = run;
        IncludeUsage = includeUsage;
        _id = id;
        _created = created;
        _answerKind = answerKind;
        _chunkKind = chunkKind;
    }

    protected InferenceRun Run { get; }

    protected InferenceParameters Parameters => Run.Parameters;

    private bool IncludeUsage { get; }

    // Encoded with the first chunk: until then the request may follow a change of revision.
    [field: System.Diagnostics.CodeAnalysis.AllowNull]
    private byte[] ChunkHead => field ??= EncodeHead();

    public void Dispose()
    {
        _writer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Writes the whole answer.</summary>
    public void WriteAnswer(IBufferWriter<byte> output)
    {
        _writer.Reset(output);
        _writer.WriteStartObject();
        WriteHead(_writer, _answerKind);
        _writer.WriteStartArray("choices"u8);
        foreach (ChoiceState choice in Run.Choices)
        {
            WriteWholeChoice(_writer, choice);
        }

        _writer.WriteEndArray();
        WriteAnswerExtras(_writer);
        _writer.WritePropertyName("usage"u8);
        UsageJson.Write(_writer, Run);
        WriteTimings(_writer);
        _writer.WriteEndObject();
        _writer.Flush();
    }

    /// <summary>Writes what comes before a choice's first text.</summary>
    public abstract void WriteFirstChunk(IBufferWriter<byte> output, ChoiceState choice);

    /// <summary>Writes a chunk with what is ready of a choice.</summary>
    public void WriteChunk(IBufferWriter<byte> output, ChoiceState choice) => WriteFrame(output, choice, WriteDeltaChoice);

    /// <summary>Writes a choice's last chunk, with its finish reason.</summary>
    public void WriteFinishChunk(IBufferWriter<byte> output, ChoiceState choice) => WriteFrame(output, choice, WriteFinishChoice);

    /// <summary>Writes the chunk after the last choice's end, where usage or timings were asked for.</summary>
    public void WriteLastChunk(IBufferWriter<byte> output)
    {
        if (!IncludeUsage && !Parameters.ReturnTimings)
        {
            return;
        }

        output.Write("data: "u8);
        output.Write(ChunkHead);
        output.Write("]"u8);
        if (IncludeUsage)
        {
            output.Write(",\"usage\":"u8);
            _writer.Reset(output);
            UsageJson.Write(_writer, Run);
            _writer.Flush();
        }

        if (Parameters.ReturnTimings)
        {
            output.Write(",\"timings\":"u8);
            _writer.Reset(output);
            TimingsJson.Write(_writer, Run);
            _writer.Flush();
        }

        output.Write("}\n\n"u8);
    }

    /// <summary>Writes members of a whole answer that stand after its choices.</summary>
    protected virtual void WriteAnswerExtras(Utf8JsonWriter writer)
    {
    }

    protected abstract void WriteWholeChoice(Utf8JsonWriter writer, ChoiceState choice);

    protected abstract void WriteDeltaChoice(Utf8JsonWriter writer, ChoiceState choice);

    protected abstract void WriteFinishChoice(Utf8JsonWriter writer, ChoiceState choice);

    /// <summary>Writes one chunk with one choice.</summary>
    protected void WriteFrame(IBufferWriter<byte> output, ChoiceState choice, Action<Utf8JsonWriter, ChoiceState> writeChoice)
    {
        output.Write("data: "u8);
        output.Write(ChunkHead);
        _writer.Reset(output);
        writeChoice(_writer, choice);
        _writer.Flush();
        output.Write(IncludeUsage ? "],\"usage\":null}\n\n"u8 : "]}\n\n"u8);
    }

    /// <summary>Writes <c>finish_reason</c> and <c>stop_reason</c> (T-10).</summary>
    protected static void WriteFinish(Utf8JsonWriter writer, ChoiceState choice)
    {
        writer.WriteString("finish_reason"u8, choice.FinishReason);
        if (choice.StopTokenId is int token)
        {
            writer.WriteNumber("stop_reason"u8, token);
        }
        else
        {
            writer.WriteString("stop_reason"u8, choice.StopString);
        }
    }

    protected static void WriteIds(Utf8JsonWriter writer, string name, IEnumerable<int> ids)
    {
        writer.WriteStartArray(name);
        foreach (int id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }

    /// <summary>The token that ended a choice counts among its token ids, though it has no text.</summary>
    protected static IEnumerable<int> EndToken(ChoiceState choice) => choice.EndTokenId is int id ? [id] : [];

    private void WriteTimings(Utf8JsonWriter writer)
    {
        if (Parameters.ReturnTimings)
        {
            writer.WritePropertyName("timings"u8);
            TimingsJson.Write(writer, Run);
        }
    }

    private void WriteHead(Utf8JsonWriter writer, string kind)
    {
        writer.WriteString("id"u8, _id);
        writer.WriteString("object"u8, kind);
        writer.WriteNumber("created"u8, _created);
        writer.WriteString("model"u8, Run.ModelName);
        writer.WriteString("system_fingerprint"u8, Run.Served.FingerprintOf(Run.Adapter));
    }

    // An object up to its open list of choices: the writer closes nothing by itself.
    private byte[] EncodeHead()
    {
        ArrayBufferWriter<byte> head = new();
        using Utf8JsonWriter writer = new(head, s_options);
        writer.WriteStartObject();
        WriteHead(writer, _chunkKind);
        writer.WriteStartArray("choices"u8);
        writer.Flush();
        return head.WrittenSpan.ToArray();
    }
}
