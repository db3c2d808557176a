using System.Net;
using System.Net.Http.Headers;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Hub;

/// <summary>
/// One file's way onto the disk. What has arrived stays in <c>NAME.part</c>, beside it the tag of the content that it began with, so that a
/// cut, a restart or a killed process costs nothing but the bytes in flight. The digest is checked before the file gets its name.
/// </summary>
internal sealed class HubDownload(HubTransport transport, Uri address, HubFile file, string folder)
{
    // A content that changed midway, or a bad cache on the way, is worth one fresh start; a second wrong digest is the hub's.
    private const int MaxStarts = 2;

    private string Final => Path.Combine(folder, file.Name);

    private string Part => Final + ".part";

    private string Tag => Final + ".tag";

    /// <summary>Fetches what is missing.</summary>
    /// <param name="received">Is told how many bytes of this file are there.</param>
    /// <param name="cancellation">Ends the pull; what has arrived is kept.</param>
    /// <exception cref="HubException">It cannot be had.</exception>
    public async Task RunAsync(Action<long> received, CancellationToken cancellation)
    {
        if (File.Exists(Final))
        {
            received(file.Bytes);
            return;
        }

        for (int start = 1; ; start++)
        {
            await FetchAsync(received, cancellation);
            string? fault = await HubDigest.FindFaultAsync(Part, file, cancellation);
            if (fault is null)
            {
                break;
            }

            Discard();
            if (start == MaxStarts)
            {
                throw new HubException(HubFault.WrongDigest, $"'{file.Name}' is not what the hub announced: {fault}.");
            }
        }

        DurableFile.Publish(Part, Final);
        File.Delete(Tag);
    }

    // Tries count from the last progress: a file of hours may be cut as often as it likes, as long as each try brings some bytes.
    private async Task FetchAsync(Action<long> received, CancellationToken cancellation)
    {
        while (Length() < file.Bytes || !File.Exists(Part))
        {
            long before = Length();
            try
            {
                await transport.Retry.ExecuteAsync(
                    async token =>
                    {
                        await AttemptAsync(received, token);
                    },
                    cancellation);
            }
            catch (Exception exception) when (HubTransport.IsWorthAnotherTry(exception))
            {
                if (Length() <= before)
                {
                    throw new HubException(HubFault.Unreachable, $"'{file.Name}' cannot be fetched from the hub: {exception.Message}", exception);
                }
            }
            catch (HubStatusException exception)
            {
                throw new HubException(HubFault.NotFound, $"'{file.Name}' cannot be fetched: {exception.Message}", exception);
            }
        }
    }

    private async Task AttemptAsync(Action<long> received, CancellationToken cancellation)
    {
        long have = Length();
        EntityTagHeaderValue? tag = ReadTag();
        if (have > 0 && tag is null)
        {
            // Without a tag there is no telling whether the rest would belong to the same content.
            Discard();
            have = 0;
        }

        using HttpResponseMessage response = await RequestAsync(have, tag, cancellation);
        bool continues = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange is { } range
            && range.From == have && (range.Length is null || range.Length == file.Bytes) && IsSameTag(response.Headers.ETag, tag);
        if (!continues)
        {
            Discard();
            if (response.StatusCode == HttpStatusCode.PartialContent)
            {
                throw new HttpIOException(HttpRequestError.InvalidResponse, "The hub sent another range than the one asked for.");
            }

            have = 0;
            WriteTag(response.Headers.ETag);
        }

        await using FileStream part = new(Part, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true);
        await CopyAsync(response, part, have, received, cancellation);
    }

    private async Task<HttpResponseMessage> RequestAsync(long have, EntityTagHeaderValue? tag, CancellationToken cancellation)
    {
        try
        {
            return await transport.GetAsync(
                address,
                headers =>
                {
                    if (have > 0)
                    {
                        headers.Range = new RangeHeaderValue(have, null);
                        headers.IfRange = new RangeConditionHeaderValue(tag!);
                    }
                },
                cancellation);
        }
        catch (HubStatusException exception) when (exception.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            Discard();
            throw new HttpIOException(HttpRequestError.InvalidResponse, "The hub's file is shorter than what is here.");
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, FileStream part, long have, Action<long> received, CancellationToken cancellation)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = DurableFile.NewBuffer();
        while (true)
        {
            int read = await transport.Stall.ExecuteAsync(async token => await body.ReadAsync(buffer, token), cancellation);
            if (read == 0)
            {
                break;
            }

            have += read;
            if (have > file.Bytes)
            {
                // A body without end must not fill the disk. The digest would be wrong anyway.
                Discard();
                throw new HubException(HubFault.WrongDigest, $"'{file.Name}' is longer than the {file.Bytes} bytes that the hub announced.");
            }

            await part.WriteAsync(buffer.AsMemory(0, read), cancellation);
            received(have);
        }

        part.Flush(flushToDisk: true);
        if (have < file.Bytes)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, $"The hub ended '{file.Name}' after {have} of {file.Bytes} bytes.");
        }
    }

    private long Length() => File.Exists(Part) ? new FileInfo(Part).Length : 0;

    private void Discard()
    {
        File.Delete(Part);
        File.Delete(Tag);
    }

    // Some stores leave the tag out of answers to ranges; If-Range has made the comparison then.
    private static bool IsSameTag(EntityTagHeaderValue? now, EntityTagHeaderValue? before) => now is null || now.Equals(before);

    private EntityTagHeaderValue? ReadTag() =>
        File.Exists(Tag) && EntityTagHeaderValue.TryParse(File.ReadAllText(Tag), out EntityTagHeaderValue? tag) ? tag : null;

    // A weak tag cannot vouch for bytes.
    private void WriteTag(EntityTagHeaderValue? tag)
    {
        if (tag is { IsWeak: false })
        {
            File.WriteAllText(Tag, tag.ToString());
        }
    }
}
