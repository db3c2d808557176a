using Sparrow.Server.Api.Jobs;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Jobs;

/// <summary>What the composition needs of this folder.</summary>
internal static class JobsSetup
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<JobStore>();
        services.AddSingleton<IFileUse>(provider => provider.GetRequiredService<JobStore>());
        services.AddSingleton<ActiveJobs>();
        services.AddSingleton<JobSources>();
        services.AddSingleton<JobValidation>();
        services.AddSingleton<JobEstimates>();
        services.AddSingleton<JobReports>();
        services.AddSingleton<JobDeployment>();
        services.AddSingleton<JobMetrics>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobService>();
        services.AddSingleton<JobRequests>();
        services.AddSingleton<JobEventStream>();
        services.AddHostedService<JobWorker>();
        return services;
    }
}
