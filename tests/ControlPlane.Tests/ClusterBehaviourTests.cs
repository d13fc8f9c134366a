using System.Net;

namespace AgentWarden.ControlPlane.Tests;

/// <summary>What an imitation would not do: garbage collection by the controller manager, refusals by RBAC.</summary>
public sealed class ClusterBehaviourTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task What_an_object_owned_goes_with_it()
    {
        await using var plane = await LocalControlPlane.StartAsync();
        using var client = plane.CreateClient();
        var uid = await client.CreateAsync(ConfigMaps, KubernetesRequests.ConfigMap("owner"));
        var reference = new { apiVersion = "v1", kind = "ConfigMap", name = "owner", uid };
        await client.CreateAsync(ConfigMaps, KubernetesRequests.ConfigMap("owned", reference));
        await client.CreateAsync(ConfigMaps, KubernetesRequests.ConfigMap("free"));

        await client.RemoveAsync($"{ConfigMaps}/owner");

        Assert.True(await Processes.EventuallyAsync(
            async () => await client.StatusAsync($"{ConfigMaps}/owned") == HttpStatusCode.NotFound, TimeSpan.FromMinutes(2)));
        Assert.Equal(HttpStatusCode.OK, await client.StatusAsync($"{ConfigMaps}/free"));
    }

    [Fact]
    public async Task A_user_may_do_what_RBAC_grants_and_nothing_else()
    {
        var reader = new TokenUser("reader", "readers", "visitors");
        await using var plane = await LocalControlPlane.StartAsync(
            new LocalControlPlaneOptions { WithControllerManager = false, Users = [reader] });
        using var admin = plane.CreateClient();
        using var client = plane.CreateClient(reader.Token);
        await admin.CreateAsync(ConfigMaps, KubernetesRequests.ConfigMap("public"));
        Assert.Equal(HttpStatusCode.Forbidden, await client.StatusAsync($"{ConfigMaps}/public"));

        await GrantReadingConfigMapsAsync(admin, group: "visitors");

        Assert.True(await Processes.EventuallyAsync(
            async () => await client.StatusAsync($"{ConfigMaps}/public") == HttpStatusCode.OK, TimeSpan.FromMinutes(2)));
        Assert.Equal(HttpStatusCode.Forbidden, await client.RemoveAsync($"{ConfigMaps}/public"));
        Assert.Equal(HttpStatusCode.Forbidden, await client.StatusAsync("/api/v1/namespaces/default/secrets"));
    }

    private static async Task GrantReadingConfigMapsAsync(HttpClient admin, string group)
    {
        const string Rbac = "rbac.authorization.k8s.io";
        var api = $"/apis/{Rbac}/v1/namespaces/default";
        await admin.CreateAsync($"{api}/roles", new
        {
            metadata = new { name = "configmap-reader" },
            rules = new[] { new { apiGroups = new[] { "" }, resources = new[] { "configmaps" }, verbs = new[] { "get" } } },
        });
        await admin.CreateAsync($"{api}/rolebindings", new
        {
            metadata = new { name = "configmap-reader" },
            subjects = new[] { new { kind = "Group", apiGroup = Rbac, name = group } },
            roleRef = new { kind = "Role", apiGroup = Rbac, name = "configmap-reader" },
        });
    }
}
