using System.Text.Json.Serialization;

namespace Sparrow.Server.Jobs;

/// <summary>How far a running job is, as a restart must know it: each stage can be done again without harm.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobStage>))]
internal enum JobStage
{
    /// <summary>The pipeline works, with a journal of its own.</summary>
    Compress,

    /// <summary>The artifact is whole; speed is measured and the report files are written.</summary>
    Report,

    /// <summary>The artifact becomes a revision.</summary>
    Publish,

    /// <summary>The revision is loaded, or becomes the active one.</summary>
    Deploy,
}
