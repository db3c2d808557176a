namespace Sparrow.Runtime.Tokenization.Decoding;

/// <summary>What a decoder takes from the beginning of a text.</summary>
internal enum StartRule
{
    None,

    /// <summary>One space: SentencePiece's own, put there by encoding.</summary>
    OneSpace,

    /// <summary>One space of each piece until there is text: SentencePiece models that drop extra white space.</summary>
    SpaceOfEachPiece,

    /// <summary>All spaces of the first piece: Hugging Face's Metaspace.</summary>
    SpacesOfFirstPiece,
}
