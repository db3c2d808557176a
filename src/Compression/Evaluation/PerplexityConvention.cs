namespace Sparrow.Compression.Evaluation;

/// <summary>How a text becomes windows. Perplexities of different conventions cannot be compared.</summary>
public enum PerplexityConvention
{
    /// <summary>GPTQ, AWQ, SparseGPT: rows joined by two newlines, a blank row as the empty text; every window scored whole.</summary>
    Gptq,

    /// <summary>llama.cpp: the file as it is; the begin token first in each window where the tokenizer adds one; its second half scored.</summary>
    LlamaCpp,
}
