using System.Text;
using System.Text.Json;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>The JSON in and out of a credential plugin (<c>ExecCredential</c>).</summary>
internal static class ExecInfo
{
    /// <summary>The value of <c>KUBERNETES_EXEC_INFO</c>, with the cluster when the plugin wants to know it.</summary>
    public static string Write(string apiVersion, KubeConfigEntry? cluster)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", apiVersion);
            json.WriteString("kind", "ExecCredential");
            json.WriteStartObject("spec");
            json.WriteBoolean("interactive", value: false);
            if (cluster is not null)
            {
                json.WriteStartObject("cluster");
                WriteCluster(json, cluster);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads the plugin's answer. Only field names go into a message: the answer is a secret.</summary>
    public static ExecAnswer Read(byte[] output, ExecPlugin plugin)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var root = document.RootElement;
            var apiVersion = Text(root, "apiVersion");
            if (!string.Equals(apiVersion, plugin.ApiVersion, StringComparison.Ordinal))
            {
                throw plugin.Failed($"the plugin answers with apiVersion {apiVersion ?? "(none)"}, the kubeconfig asks for {plugin.ApiVersion}.", "Set exec.apiVersion to what the plugin speaks.");
            }

            if (!root.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.Object)
            {
                throw plugin.Failed("the plugin's answer has no status.", "Run it by hand; often a new login is needed.");
            }

            var answer = new ExecAnswer(Text(status, "token"), Text(status, "clientCertificateData"), Text(status, "clientKeyData"),
                status.TryGetProperty("expirationTimestamp", out var expires) && expires.TryGetDateTimeOffset(out var at) ? at : null);
            return answer is { Token: null, Certificate: null } or { Certificate: not null, Key: null }
                ? throw plugin.Failed("the plugin's answer has neither a token nor a client certificate with its key.", "Run it by hand; often a new login is needed.")
                : answer;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The inner exception may quote the answer, so it is not passed on.
            throw plugin.Failed("the plugin's answer is not the JSON of an ExecCredential.", "Run it by hand and look at what it prints on stdout.");
        }
    }

    private static void WriteCluster(Utf8JsonWriter json, KubeConfigEntry cluster)
    {
        json.WriteString("server", cluster.Text("server"));
        if (cluster.Text("tls-server-name") is { } name)
        {
            json.WriteString("tls-server-name", name);
        }

        if (cluster.Flag("insecure-skip-tls-verify"))
        {
            json.WriteBoolean("insecure-skip-tls-verify", value: true);
        }

        if (cluster.Pem("certificate-authority") is { } pem)
        {
            json.WriteBase64String("certificate-authority-data", Encoding.UTF8.GetBytes(pem));
        }

        if (cluster.Text("proxy-url") is { } proxy)
        {
            json.WriteString("proxy-url", proxy);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;
}

/// <summary><c>ExecCredential.status</c>. A class, so that nothing prints it.</summary>
internal sealed class ExecAnswer(string? token, string? certificate, string? key, DateTimeOffset? expires)
{
    public string? Token { get; } = token;
    public string? Certificate { get; } = certificate;
    public string? Key { get; } = key;
    public DateTimeOffset? Expires { get; } = expires;
}
