using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hub;

/// <summary>A pull that cannot succeed, or has been tried often enough. An <see cref="IOException"/>, so that commands tell it as they tell those.</summary>
internal sealed class HubException(HubFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    public HubFault Fault { get; } = fault;

    /// <summary>The contract's code for it, for answers and for the errors of jobs.</summary>
    public string Code => Fault switch
    {
        HubFault.BadReference => "invalid_value",
        HubFault.NotFound => "not_found",
        HubFault.NoModel => "unsupported_file_format",
        HubFault.WrongDigest => "checksum_mismatch",
        _ => "internal_error",
    };

    /// <summary>The answer where a request waits for the pull.</summary>
    public ApiException ToApiException(string param) => Fault switch
    {
        HubFault.NotFound => new ApiException(404, "invalid_request_error", Code, Message, param, inner: this),
        HubFault.Unreachable => new ApiException(500, "server_error", Code, Message, param, inner: this),
        _ => new ApiException(400, "invalid_request_error", Code, Message, param, inner: this),
    };
}
