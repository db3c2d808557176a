using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>
/// One request over HTTP/2 without TLS (RFC 9113), frame by frame: HttpClient throws away what it has received when a stream is reset, so that the
/// order of the last frame and the reset cannot be seen through it.
/// </summary>
internal sealed class Http2Client : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;
    private const byte InitialWindowSize = 4;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const int FrameHeaderBytes = 9;

    // By default the server may send 64 KiB before it is told that they were read, which a last frame would wait for behind a fast generation.
    private static readonly byte[] s_largeWindow = [0x40, 0, 0, 0];

    private readonly TcpClient _client = new();

    /// <summary>Connects and sends a POST of JSON on stream 1.</summary>
    public async Task PostAsync(Uri address, string path, string body, CancellationToken cancellation)
    {
        await _client.ConnectAsync(address.Host, address.Port, cancellation);
        NetworkStream stream = _client.GetStream();
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancellation);
        await stream.WriteAsync(Frame(Settings, 0, 0, [0, InitialWindowSize, .. s_largeWindow]), cancellation);
        await stream.WriteAsync(Frame(WindowUpdate, 0, 0, s_largeWindow), cancellation);

        // Literal fields, not indexed (RFC 7541, section 6.2.2): a zero, the name, the value, each with its length.
        using MemoryStream fields = new();
        (string Name, string Value)[] headers =
            [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", address.Authority), ("content-type", "application/json")];
        foreach ((string name, string value) in headers)
        {
            fields.WriteByte(0);
            fields.WriteByte((byte)name.Length);
            fields.Write(Encoding.ASCII.GetBytes(name));
            fields.WriteByte((byte)value.Length);
            fields.Write(Encoding.ASCII.GetBytes(value));
        }

        await stream.WriteAsync(Frame(Headers, EndHeaders, 1, fields.ToArray()), cancellation);
        await stream.WriteAsync(Frame(Data, EndStream, 1, Encoding.UTF8.GetBytes(body)), cancellation);
    }

    /// <summary>The next frame of the request's stream; those of the connection are passed over.</summary>
    public async Task<(byte Type, bool EndsStream, string Payload)> ReadAsync(CancellationToken cancellation)
    {
        NetworkStream stream = _client.GetStream();
        while (true)
        {
            byte[] header = new byte[FrameHeaderBytes];
            await stream.ReadExactlyAsync(header, cancellation);
            byte[] payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await stream.ReadExactlyAsync(payload, cancellation);
            if (BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) == 1)
            {
                return (header[3], header[3] is Data or Headers && (header[4] & EndStream) != 0, Encoding.UTF8.GetString(payload));
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static byte[] Frame(byte type, byte flags, int streamId, byte[] payload)
    {
        byte[] frame = new byte[FrameHeaderBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, FrameHeaderBytes);
        return frame;
    }
}
