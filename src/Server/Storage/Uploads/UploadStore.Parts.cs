using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Storage.Uploads;

internal sealed partial class UploadStore
{
    // Numberless parts that a client sends twice count until the upload is completed; so much more than announced is kept, and no more.
    private const long SpareBytes = MaxPartBytes;

    /// <summary>Streams a part's bytes to the disk and flushes them; they become a part when they are added.</summary>
    /// <exception cref="ApiException">404, 409, 413.</exception>
    public async Task<StagedFile> StagePartAsync(string uploadId, Stream body, CancellationToken cancellation)
    {
        lock (_lock)
        {
            RequirePending(uploadId);
            Directory.CreateDirectory(FolderOf(uploadId));
        }

        string path = Path.Combine(FolderOf(uploadId), ApiId.New("") + ".tmp");
        StagedFile staged = await StagedFile.WriteAsync(body, path, MaxPartBytes, PartTooLarge, cancellation);
        _metrics.Uploaded(staged.Bytes);
        return staged;
    }

    /// <summary>U-1: takes staged bytes as a part. The same number with the same digest is the same part; with another it replaces it.</summary>
    /// <param name="uploadId">Of a pending upload.</param>
    /// <param name="staged">Its bytes; they are gone afterwards, whatever happens.</param>
    /// <param name="number">From 1; null: after the last.</param>
    /// <param name="sha256">What the sender says, or null.</param>
    /// <exception cref="ApiException">400, 404, 409.</exception>
    public PartRecord AddPart(string uploadId, StagedFile staged, int? number, string? sha256)
    {
        try
        {
            if (sha256 is not null && sha256 != staged.Sha256)
            {
                throw ApiException.Invalid(
                    "checksum_mismatch", $"The part's SHA-256 is {staged.Sha256}, but {sha256} was announced.", "sha256", new { sha256 = staged.Sha256 });
            }

            if (staged.Bytes == 0)
            {
                throw ApiException.Invalid("invalid_value", "A part must hold at least one byte.", "data");
            }

            lock (_lock)
            {
                return AddPart(RequirePending(uploadId), staged, number);
            }
        }
        finally
        {
            DurableFile.Delete(staged.Path);
        }
    }

    public static ApiException PartTooLarge() => new(
        413, "invalid_request_error", "request_too_large", $"A part may hold {MaxPartBytes} bytes.", "data", new { max_bytes = MaxPartBytes });

    private PartRecord AddPart(UploadRecord upload, StagedFile staged, int? number)
    {
        IReadOnlyList<PartRecord> parts = _parts.List(upload.Id);
        PartRecord? old = number is null ? null : parts.FirstOrDefault(part => part.Number == number);
        long now = Now();
        if (old is not null && old.Sha256 == staged.Sha256 && old.Bytes == staged.Bytes)
        {
            _records.Apply(_uploads.Put(upload.Id, upload with { TouchedAt = now }));
            return old;
        }

        long received = parts.Sum(part => part.Bytes) - (old?.Bytes ?? 0) + staged.Bytes;
        if (received > upload.Bytes + SpareBytes)
        {
            throw ApiException.Invalid("invalid_value", $"The parts would hold {received} bytes, but the upload was announced with {upload.Bytes}.", "data");
        }

        int next = number ?? (parts.Count == 0 ? 1 : parts.Max(part => part.Number) + 1);
        if (next > MaxPartNumber)
        {
            throw ApiException.Invalid("invalid_value", $"An upload has at most {MaxPartNumber} parts.", "part_number");
        }

        PartRecord part = new(ApiId.New("part_"), upload.Id, next, staged.Bytes, staged.Sha256, now);
        DurableFile.Publish(staged.Path, PathOf(part));
        RecordChange put = _parts.Put(part.Id, part, upload.Id);
        RecordChange touch = _uploads.Put(upload.Id, upload with { TouchedAt = now, ReceivedBytes = received });
        if (old is null)
        {
            _records.Apply(put, touch);
            return part;
        }

        _records.Apply(put, touch, _parts.Delete(old.Id));
        DurableFile.Delete(PathOf(old));
        return part;
    }
}
