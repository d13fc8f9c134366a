using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.KubeConfigModels;

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
    public static ExecCredentialResponse.ExecStatus Read(byte[] output, ExecPlugin plugin)
    {
        ExecCredentialResponse? answer;
        try
        {
            answer = JsonSerializer.Deserialize(output, ExecJson.Default.ExecCredentialResponse);
        }
        catch (JsonException)
        {
            // The inner exception may quote the answer, so it is not passed on.
            throw plugin.Failed(
                "the plugin's answer is not the JSON of an ExecCredential.", "Run it by hand and look at what it prints on stdout.");
        }

        if (!string.Equals(answer?.ApiVersion, plugin.ApiVersion, StringComparison.Ordinal))
        {
            throw plugin.Failed(
                $"the plugin answers with apiVersion {answer?.ApiVersion ?? "(none)"}, the kubeconfig asks for {plugin.ApiVersion}.",
                "Set exec.apiVersion to what the plugin speaks.");
        }

        const string login = "Run it by hand; often a new login is needed.";
        var status = answer!.Status ?? throw plugin.Failed("the plugin's answer has no status.", login);
        (status.Token, status.ClientCertificateData) = (Text(status.Token), Text(status.ClientCertificateData));
        return status is { Token: null, ClientCertificateData: null } or { ClientCertificateData: not null, ClientKeyData: null or "" }
            ? throw plugin.Failed("the plugin's answer has neither a token nor a client certificate with its key.", login)
            : status;
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

    private static string? Text(string? text) => text is { Length: > 0 } ? text : null;
}

[JsonSerializable(typeof(ExecCredentialResponse))]
internal sealed partial class ExecJson : JsonSerializerContext;
