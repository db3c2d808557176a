using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Sparrow.Server.Storage.Formats;

/// <summary>Whether a file is what it says, at a cost of memory that does not grow with it.</summary>
internal static class TextCheck
{
    private const int BufferBytes = 64 << 10;

    // The longest string inside a JSON file: chat templates are some tens of KiB.
    private const int MaxTokenBytes = 4 << 20;

    /// <exception cref="InvalidDataException">The file is not UTF-8 or holds a NUL.</exception>
    public static void RequireText(Stream file)
    {
        byte[] buffer = new byte[BufferBytes];
        int kept = 0;
        while (true)
        {
            int read = file.Read(buffer, kept, buffer.Length - kept);
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, kept + read);
            if (bytes.Contains((byte)0))
            {
                throw new InvalidDataException("the file is not text: it holds a NUL.");
            }

            OperationStatus status = Utf8.ToUtf16(bytes, new char[bytes.Length], out int done, out _, replaceInvalidSequences: false, isFinalBlock: read == 0);
            if (status is OperationStatus.InvalidData || (read == 0 && status != OperationStatus.Done))
            {
                throw new InvalidDataException("the file is not text in UTF-8.");
            }

            if (read == 0)
            {
                return;
            }

            kept = bytes.Length - done;
            bytes[done..].CopyTo(buffer);
        }
    }

    /// <exception cref="InvalidDataException">The file is not one JSON value.</exception>
    public static void RequireJson(Stream file)
    {
        byte[] buffer = new byte[BufferBytes];
        int kept = 0;
        JsonReaderState state = new(new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            while (true)
            {
                int read = file.Read(buffer, kept, buffer.Length - kept);
                Utf8JsonReader reader = new(buffer.AsSpan(0, kept + read), isFinalBlock: read == 0, state);
                while (reader.Read())
                {
                }

                if (read == 0)
                {
                    return;
                }

                state = reader.CurrentState;
                int done = (int)reader.BytesConsumed;
                kept = kept + read - done;
                if (kept == buffer.Length)
                {
                    // One token fills the whole buffer.
                    Array.Resize(ref buffer, buffer.Length < MaxTokenBytes ? buffer.Length * 2 : throw new InvalidDataException("a string in the file is too long."));
                }

                Buffer.BlockCopy(buffer, done, buffer, 0, kept);
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"the file is not valid JSON: {exception.Message}", exception);
        }
    }
}
