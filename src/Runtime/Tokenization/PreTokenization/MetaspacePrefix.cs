namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Which words get a mark in front.</summary>
internal enum MetaspacePrefix
{
    Always,

    /// <summary>The input's first word alone.</summary>
    First,

    Never,
}
