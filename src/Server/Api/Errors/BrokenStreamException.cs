namespace Sparrow.Server.Api.Errors;

/// <summary>
/// E-9: thrown after a stream's error frame was handed over. An exception that leaves a response which has begun makes the web server drop the
/// connection without the body's end, after it has sent what it holds; aborting it ourselves could overtake the frame.
/// </summary>
internal sealed class BrokenStreamException(ApiException failure) : Exception(failure.Message, failure);
