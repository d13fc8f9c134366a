using System.Security.Cryptography;
using System.Text;

namespace AgentWarden.ControlPlane;

/// <summary>The data directory: what lies where, and the files we write before a server starts.</summary>
internal sealed class ControlPlaneFiles(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal string Directory { get; } = directory;

    internal string EtcdDirectory => Path.Combine(Directory, "etcd");

    internal string CertificateDirectory => Path.Combine(Directory, "certificates");

    /// <summary>Made by the API server at its first start: its certificate, and the authority that signed it.</summary>
    internal string ServingCertificate => Path.Combine(CertificateDirectory, "apiserver.crt");

    internal string ServiceAccountKey => Path.Combine(Directory, "service-account.key");

    internal string Tokens => Path.Combine(Directory, "tokens.csv");

    internal string Kubeconfig => Path.Combine(Directory, "kubeconfig");

    /// <summary>Everything that must exist before the first start. The key stays: issued tokens stay valid.</summary>
    internal void Prepare(IEnumerable<TokenUser> users)
    {
        System.IO.Directory.CreateDirectory(CertificateDirectory, OwnerOnly | UnixFileMode.UserExecute);
        EmbeddedScripts.WriteTo(Directory, "supervise.sh");
        WriteSecret(Tokens, string.Concat(users.Select(user => $"{user.ToCsv()}\n")));
        if (!File.Exists(ServiceAccountKey))
        {
            using var key = RSA.Create(2048);
            WriteSecret(ServiceAccountKey, key.ExportRSAPrivateKeyPem());
        }
    }

    internal void WriteKubeconfig(Uri server, string token)
    {
        var authority = Convert.ToBase64String(File.ReadAllBytes(ServingCertificate));
        WriteSecret(Kubeconfig, $"""
            apiVersion: v1
            kind: Config
            current-context: agent-warden-local
            clusters:
            - name: agent-warden-local
              cluster:
                server: {server.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {authority}
            users:
            - name: admin
              user:
                token: {token}
            contexts:
            - name: agent-warden-local
              context:
                cluster: agent-warden-local
                user: admin
                namespace: default

            """);
    }

    /// <summary>Deletes all of it, or all but the logs, which an error message has just named.</summary>
    internal void Delete(bool keepLogs)
    {
        if (!keepLogs)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
            return;
        }

        foreach (var folder in System.IO.Directory.EnumerateDirectories(Directory))
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }

        foreach (var file in System.IO.Directory.EnumerateFiles(Directory).Where(file => !file.EndsWith(".log", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
    }

    private static void WriteSecret(string path, string content)
    {
        File.Delete(path);
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        });
        stream.Write(Encoding.UTF8.GetBytes(content));
    }
}
