namespace Sparrow.Server.Api.Errors;

/// <summary>T-12: a client left more output unread than a stream may hold, or for longer.</summary>
internal sealed class SlowReaderException(int unreadBytes, TimeSpan unreadTime)
    : Exception($"The client left {unreadBytes} bytes unread for {unreadTime.TotalSeconds:0.0} s.");
