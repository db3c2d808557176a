namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>What a piece is: SentencePiece's numbers, which GGUF shares.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
