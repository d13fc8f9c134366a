using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests;

/// <summary>Calls of a test that go on while the API server is away, or has just come back and knows neither tokens nor kinds yet.</summary>
internal static class Patiently
{
    private const int Attempts = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task CallAsync(Func<Task> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (KubernetesException away) when ((away.IsTransient || away.StatusCode == System.Net.HttpStatusCode.Unauthorized || away.IsNotFound) && attempt < Attempts)
            {
                await Task.Delay(Pause);
            }
        }
    }
}
