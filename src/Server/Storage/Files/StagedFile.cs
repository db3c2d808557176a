using System.Buffers;
using System.Security.Cryptography;

namespace Sparrow.Server.Storage.Files;

/// <summary>Bytes that have arrived and are safe on the disk, but have no name yet.</summary>
/// <param name="Path">Where they lie.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Sha256">Their digest, lower-case hex.</param>
internal sealed record StagedFile(string Path, long Bytes, string Sha256)
{
    private const int BufferBytes = 256 << 10;

    /// <summary>Streams a body to a new file, at a cost of memory that does not grow with it (U-2).</summary>
    /// <param name="body">What arrives.</param>
    /// <param name="path">A file that does not exist; it does not after a failure either.</param>
    /// <param name="maxBytes">Reading stops with <paramref name="tooLarge"/> beyond.</param>
    /// <param name="tooLarge">Makes the exception of a body that is too large.</param>
    /// <param name="cancellation">The caller has gone.</param>
    public static async Task<StagedFile> WriteAsync(
        Stream body, string path, long maxBytes, Func<Exception> tooLarge, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long bytes = 0;
            await using (FileStream file = DurableFile.Create(path))
            {
                int read;
                while ((read = await body.ReadAsync(buffer, cancellation)) > 0)
                {
                    bytes += read;
                    if (bytes > maxBytes)
                    {
                        throw tooLarge();
                    }

                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
                }

                file.Flush(flushToDisk: true);
            }

            return new StagedFile(path, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            DurableFile.Delete(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
