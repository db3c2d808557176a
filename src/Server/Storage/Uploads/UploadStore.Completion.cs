using System.Security.Cryptography;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Storage.Uploads;

internal sealed partial class UploadStore
{
    /// <summary>
    /// U-4: puts the parts together, checks length, digests and format, and publishes the file. A caller that goes away does not stop it, since
    /// clients give up sooner than disks are done and then ask again: the same question joins the work under way.
    /// </summary>
    /// <exception cref="ApiException">400 with the parts left in place; 404; 409.</exception>
    public Task<UploadRecord> CompleteAsync(string id, IReadOnlyList<string> partIds, string? md5, string? sha256, CancellationToken cancellation)
    {
        string digests = $"{string.Join(',', partIds)}|{md5}|{sha256}";
        Task<UploadRecord> work;
        lock (_lock)
        {
            if (_completing.TryGetValue(id, out Completion? running) && running.Asked == digests)
            {
                work = running.Work;
            }
            else
            {
                UploadRecord upload = Get(id);
                if (upload.Status == UploadStatus.Completed)
                {
                    return Task.FromResult(upload);
                }

                upload = RequirePending(id);
                List<PartRecord> parts = Choose(upload, partIds);
                work = Task.Run(() => CompleteAsync(upload, parts, md5, sha256), CancellationToken.None);
                _completing.Add(id, new Completion(digests, work));
            }
        }

        return work.WaitAsync(cancellation);
    }

    private async Task<UploadRecord> CompleteAsync(UploadRecord upload, List<PartRecord> parts, string? md5, string? sha256)
    {
        string path = _files.NewTemporaryPath();
        try
        {
            StagedFile staged = await JoinAsync(upload, parts, path, md5, sha256);
            FileRecord file = _files.Inspect(staged, upload.Filename, upload.Purpose, upload.FileExpireSeconds, upload.Owner);
            UploadRecord completed = upload with { Status = UploadStatus.Completed, FileId = file.Id, TouchedAt = Now() };
            _files.Publish(
                staged, file, [_uploads.Put(upload.Id, completed), .. _parts.List(upload.Id).Select(part => _parts.Delete(part.Id))]);
            DeleteFolder(upload.Id);
            return completed;
        }
        finally
        {
            DurableFile.Delete(path);
            lock (_lock)
            {
                _completing.Remove(upload.Id);
            }
        }
    }

    private static List<PartRecord> Choose(UploadRecord upload, Dictionary<string, PartRecord> known, IReadOnlyList<string> partIds)
    {
        List<PartRecord> parts = [];
        for (int i = 0; i < partIds.Count; i++)
        {
            parts.Add(known.Remove(partIds[i], out PartRecord? part)
                ? part
                : throw ApiException.Invalid("invalid_value", $"'{partIds[i]}' is no part of the upload, or is named twice.", $"part_ids[{i}]"));
        }

        long bytes = parts.Sum(part => part.Bytes);
        return bytes == upload.Bytes
            ? parts
            : throw ApiException.Invalid(
                "checksum_mismatch",
                $"The parts hold {bytes} bytes, but the upload was announced with {upload.Bytes}.",
                "part_ids",
                new { bytes, expected_bytes = upload.Bytes });
    }

    private List<PartRecord> Choose(UploadRecord upload, IReadOnlyList<string> partIds) =>
        Choose(upload, _parts.List(upload.Id).ToDictionary(part => part.Id, StringComparer.Ordinal), partIds);

    private async Task<StagedFile> JoinAsync(UploadRecord upload, List<PartRecord> parts, string path, string? md5, string? sha256)
    {
        byte[] buffer = DurableFile.NewBuffer();
        using IncrementalHash whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5351 // The official clients send this digest; it guards against accidents, not against attackers.
        using IncrementalHash? old = md5 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        await using (FileStream file = DurableFile.Create(path))
        {
            foreach (PartRecord part in parts)
            {
                await using FileStream piece = DurableFile.OpenRead(PathOf(part));
                int read;
                while ((read = await piece.ReadAsync(buffer)) > 0)
                {
                    whole.AppendData(buffer, 0, read);
                    old?.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read));
                }
            }

            file.Flush(flushToDisk: true);
        }

        string digest = Convert.ToHexStringLower(whole.GetHashAndReset());
        Require("sha256", sha256, digest);
        Require("sha256", upload.Sha256, digest);
        if (old is not null)
        {
            Require("md5", md5, Convert.ToHexStringLower(old.GetHashAndReset()));
        }

        return new StagedFile(path, upload.Bytes, digest);
    }

    private static void Require(string name, string? expected, string found)
    {
        if (expected is not null && expected != found)
        {
            throw ApiException.Invalid("checksum_mismatch", $"The file's {name} is {found}, but {expected} was announced.", name);
        }
    }

    /// <summary>A completion under way.</summary>
    private sealed record Completion(string Asked, Task<UploadRecord> Work);
}
