using System.Diagnostics;

namespace AgentWarden.FunctionsHostTests;

/// <summary>Waits for what will be so soon.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything takes here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task HoldsAsync(Func<Task<bool>> holds)
    {
        for (var since = Stopwatch.GetTimestamp(); !await holds(); await Task.Delay(10))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < Patience, "It did not become so.");
        }
    }
}
