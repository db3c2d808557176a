namespace Sparrow.Server.Storage.Files;

/// <summary>U-6: somebody who may still read stored files, which are not deleted meanwhile.</summary>
internal interface IFileUse
{
    /// <summary>Who uses a file, in a word for the answer: <c>job cmpjob-…</c>; null: nobody here.</summary>
    string? UserOf(string fileId);
}
