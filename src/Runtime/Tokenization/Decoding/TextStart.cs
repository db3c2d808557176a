namespace Sparrow.Runtime.Tokenization.Decoding;

/// <summary>Whether a stream of pieces has text behind it.</summary>
internal enum TextStart
{
    Before,
    Past,
}
