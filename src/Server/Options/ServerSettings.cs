namespace Sparrow.Server.Options;

/// <summary>All settings of the server (C §14), read once at start, checked, and immutable from then on.</summary>
internal sealed record ServerSettings
{
    public required ListenSettings Server { get; init; }

    public required AuthSettings Auth { get; init; }

    public required CorsSettings Cors { get; init; }

    public required AdmissionSettings Admission { get; init; }

    public required SchedulerSettings Scheduler { get; init; }

    public required KvCacheSettings KvCache { get; init; }

    public required EngineSettings Engine { get; init; }

    public required SamplingSettings Sampling { get; init; }

    public required ApiSettings Api { get; init; }

    public required LimitsSettings Limits { get; init; }

    public required StreamingSettings Streaming { get; init; }

    public required HealthSettings Health { get; init; }

    public required ShutdownSettings Shutdown { get; init; }

    public required MetricsSettings Metrics { get; init; }

    public required LoggingSettings Logging { get; init; }

    public required StorageSettings Storage { get; init; }

    public required UploadSettings Uploads { get; init; }

    public required HubSettings Hub { get; init; }

    public required CompressionSettings Compression { get; init; }

    public required PoolSettings Pool { get; init; }

    /// <summary>What there is to set, for the documentation.</summary>
    public required IReadOnlyList<Setting> Known { get; init; }

    /// <exception cref="SettingsException">A value is wrong, or a name in our sections is unknown.</exception>
    public static ServerSettings Read(IConfiguration configuration)
    {
        SettingsReader reader = new(configuration);
        ServerSettings settings = new()
        {
            Server = ListenSettings.Read(reader),
            Auth = AuthSettings.Read(reader),
            Cors = CorsSettings.Read(reader),
            Admission = AdmissionSettings.Read(reader),
            Scheduler = SchedulerSettings.Read(reader),
            KvCache = KvCacheSettings.Read(reader),
            Engine = EngineSettings.Read(reader),
            Sampling = SamplingSettings.Read(reader),
            Api = ApiSettings.Read(reader),
            Limits = LimitsSettings.Read(reader),
            Streaming = StreamingSettings.Read(reader),
            Health = HealthSettings.Read(reader),
            Shutdown = ShutdownSettings.Read(reader),
            Metrics = MetricsSettings.Read(reader),
            Logging = LoggingSettings.Read(reader),
            Storage = StorageSettings.Read(reader),
            Uploads = UploadSettings.Read(reader),
            Hub = HubSettings.Read(reader),
            Compression = CompressionSettings.Read(reader),
            Pool = PoolSettings.Read(reader),
            Known = reader.Known,
        };
        string[] later =
        [
            "Templates:TrustRequests", "Metrics:ShowDeprecated",
        ];
        foreach (string key in later)
        {
            reader.NotYet(key);
        }

        reader.Finish();
        return settings;
    }
}
